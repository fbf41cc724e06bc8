import type { Swap } from './swaps.js';

/** `debtor` got so much of `creditor`. */
export interface Debt {
  readonly creditor: string;
  readonly debtor: string;
  readonly amount: number;
}

/** Who owes whom, of one resource; one entry a pair. */
export type Ledger = readonly Debt[];

/** Books swaps: who takes owes who gives, and a debt that runs the other way is paid first. */
export function booked(ledger: Ledger, swaps: readonly Swap[]): Ledger {
  return swaps.reduce<Ledger>((debts, { from, to, amount }) => {
    const paid = Math.min(owed(debts, to, from), amount);
    return added(added(debts, to, from, -paid), from, to, amount - paid);
  }, ledger);
}

/** What `debtor` owes `creditor`. */
export const owed = (ledger: Ledger, creditor: string, debtor: string): number =>
  ledger.find((debt) => debt.creditor === creditor && debt.debtor === debtor)?.amount ?? 0;

/** What a structure has lent, less what it has borrowed. */
export const creditOf = (ledger: Ledger, id: string): number =>
  ledger.reduce(
    (sum, { creditor, debtor, amount }) =>
      sum + (creditor === id ? amount : 0) - (debtor === id ? amount : 0),
    0,
  );

function added(ledger: Ledger, creditor: string, debtor: string, amount: number): Ledger {
  if (amount === 0) return ledger;
  const total = owed(ledger, creditor, debtor) + amount;
  const others = ledger.filter((debt) => debt.creditor !== creditor || debt.debtor !== debtor);
  return total > 0 ? [...others, { creditor, debtor, amount: total }] : others;
}
