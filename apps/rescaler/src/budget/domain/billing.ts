import type { Resource } from '../../structures/domain/structure.js';

/** What an application has to pay with, in millionths of a unit of money. Whole numbers, so that no sum drifts. */
export interface Account {
  /** Negative: a debt. */
  readonly balance: number;
  /** What was used since the last look and is not a whole millionth yet. */
  readonly rest: number;
  readonly stage: Stage;
  /** The steps of which its owner was told, and not come back from since. */
  readonly told: readonly Stage[];
}

/**
 * - `paid`: nothing is owed. `debt`: it runs on, as far as its debt is allowed.
 * - `clamped`: its CPU is held at `min`. `stopped`: it is stopped.
 */
export const STAGES = ['paid', 'debt', 'clamped', 'stopped'] as const;
export type Stage = (typeof STAGES)[number];

export interface Tariff {
  /** Millionths of a unit of money for one unit of a structure in use for one second. */
  readonly prices: Readonly<Partial<Record<Resource, number>>>;
  /** Debts, in millionths: beyond the first one CPU is clamped, beyond the second one it is stopped. */
  readonly clampAt: number;
  readonly stopAt: number;
  /** A step is told once so much of the way to it is gone: .8 is at four fifths of the debt. */
  readonly tellAt: number;
}

export interface BillInput {
  readonly account: Account;
  readonly tariff: Tariff;
  /** What was used on average since the last look, in units of structures. A figure that is missing costs nothing. */
  readonly usage: Readonly<Partial<Record<Resource, number>>>;
  readonly seconds: number;
}

export interface Billed {
  readonly account: Account;
  /** Millionths that were charged. */
  readonly charged: number;
  /** Steps that its owner is to be told of now: each is told before it is taken. */
  readonly tell: readonly Stage[];
}

export const openedAccount = (balance: number): Account => ({ balance, rest: 0, stage: 'paid', told: [] });

/**
 * Charges what was used. A step is taken one look after it was told at the earliest, and one at a time: a large bill stops
 * nothing that was not clamped first.
 */
export function billed({ account, tariff, usage, seconds }: BillInput): Billed {
  const exact = account.rest + costOf(usage, tariff) * Math.max(0, seconds);
  const charged = Math.floor(exact);
  const balance = account.balance - charged;
  const due = dueStage(balance, tariff);
  const next = STAGES[Math.min(STAGES.indexOf(due), STAGES.indexOf(account.stage) + 1)] ?? due;
  const isAllowed =
    STAGES.indexOf(next) <= STAGES.indexOf(account.stage) || !isStep(next) || account.told.includes(next);
  const stage = isAllowed ? next : account.stage;
  const announced = announcedSteps(balance, tariff);
  const told = announced.filter((step) => STAGES.indexOf(step) <= STAGES.indexOf(stage) + 1);
  return {
    account: { balance, rest: exact - charged, stage, told },
    charged,
    tell: told.filter((step) => !account.told.includes(step)),
  };
}

/** Money that came in. What is due by the new balance is due at once: nobody waits to be let go. */
export function credited(account: Account, amount: number, tariff: Tariff): Account {
  const balance = account.balance + amount;
  const due = dueStage(balance, tariff);
  const stage = STAGES.indexOf(due) < STAGES.indexOf(account.stage) ? due : account.stage;
  return {
    ...account,
    balance,
    stage,
    told: account.told.filter((step) => announcedSteps(balance, tariff).includes(step)),
  };
}

const costOf = (usage: BillInput['usage'], { prices }: Tariff): number =>
  Object.entries(prices).reduce(
    (sum, [resource, price]) => sum + price * Math.max(0, usage[resource as Resource] ?? 0),
    0,
  );

const isStep = (stage: Stage): boolean => stage === 'clamped' || stage === 'stopped';

function dueStage(balance: number, { clampAt, stopAt }: Tariff): Stage {
  if (balance >= 0) return 'paid';
  if (-balance <= clampAt) return 'debt';
  return -balance <= stopAt ? 'clamped' : 'stopped';
}

/** Steps that are near enough to be told of. */
const announcedSteps = (balance: number, { clampAt, stopAt, tellAt }: Tariff): readonly Stage[] => [
  ...(-balance > 0 && -balance >= clampAt * tellAt ? (['clamped'] as const) : []),
  ...(-balance > 0 && -balance >= stopAt * tellAt ? (['stopped'] as const) : []),
];
