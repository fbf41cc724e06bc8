import { type Member, splitAmount } from '../../scaler/domain/slices.js';
import type { Resource } from '../../structures/domain/structure.js';
import type { LimitWish } from '../../structures/domain/wish.js';
import { booked, creditOf, type Ledger, owed } from './ledger.js';
import { fewestSwaps, type Swap } from './swaps.js';

/** A container, application or user that may give and take. */
export interface Participant {
  readonly id: string;
  /** What it has: `current` of a container, `max` of an application or user. */
  readonly value: number;
  readonly min: number;
  /** More it cannot have; absent: nothing bounds it. */
  readonly max?: number;
  readonly usage?: number;
  readonly isRunning: boolean;
  /** Whether it takes part. */
  readonly rebalanced: boolean;
}

export interface RebalanceSettings {
  /** Who leaves more than this part unused gives; who leaves less takes. */
  readonly difference: number;
  /** Which part of what is unused is given at a time. */
  readonly stolen: number;
}

/** The values that ServerlessContainers starts with. */
export const defaultRebalance: RebalanceSettings = { difference: 0.4, stolen: 0.4 };

export interface RebalanceInput {
  readonly resource: Resource;
  readonly field: 'current' | 'max';
  /** Those between which something may move: on one host, or of one application or user. */
  readonly participants: readonly Participant[];
  readonly settings: RebalanceSettings;
  readonly ledger: Ledger;
  readonly slice: number;
  readonly now: number;
}

export interface Rebalanced {
  readonly swaps: readonly Swap[];
  /** Two wishes a swap, each the pair of the other. Targets build on each other, in this order. */
  readonly wishes: readonly LimitWish[];
  /** The ledger once all swaps are applied. */
  readonly ledger: Ledger;
}

/**
 * How much a participant can give: `stolen` of what it leaves unused, if that is more than `difference` of what it has; all
 * above its `min` if it is stopped. Without a figure nothing.
 */
export function givable(participant: Participant, { difference, stolen }: RebalanceSettings): number {
  const { value, min, usage, isRunning, rebalanced } = participant;
  const most = Math.max(0, value - min);
  if (!rebalanced) return 0;
  if (!isRunning) return most;
  if (usage === undefined || value - usage <= difference * value) return 0;
  return Math.min(most, Math.trunc((value - usage) * stolen));
}

/** How much it can take without becoming a giver by it: nothing goes to and fro under a constant load. */
function takable(participant: Participant, settings: RebalanceSettings): number {
  const { value, max = Infinity, usage, isRunning, rebalanced } = participant;
  if (!rebalanced || !isRunning || usage === undefined) return 0;
  if (value - usage > settings.difference * value) return 0;
  const enough = Math.floor(usage / (1 - settings.difference));
  return Math.max(0, Math.min(enough, max) - value);
}

/**
 * Moves what is unused to those who need it: pair swaps, as few as possible. Old debts are paid first where the debtor can
 * give and the creditor needs; then who has lent most is served first.
 */
export function rebalance(input: RebalanceInput): Rebalanced {
  const { participants, settings, ledger } = input;
  const gives = new Map(participants.map((each) => [each.id, givable(each, settings)]));
  const room = new Map(participants.map((each) => [each.id, takable(each, settings)]));
  const paid = payments(ledger, gives, room);
  const left = new Map([...gives].map(([id, amount]) => [id, amount - given(paid, 'from', id)]));
  const swaps = [...paid, ...fewestSwaps(left, sharedOut(input, left, room, paid))];
  return { swaps, wishes: wishesOf(swaps, input), ledger: booked(ledger, swaps) };
}

const given = (swaps: readonly Swap[], side: 'from' | 'to', id: string): number =>
  swaps.reduce((sum, swap) => sum + (swap[side] === id ? swap.amount : 0), 0);

/** What debtors give to their creditors: as much as they owe, can give and is needed. */
function payments(
  ledger: Ledger,
  gives: ReadonlyMap<string, number>,
  room: ReadonlyMap<string, number>,
): readonly Swap[] {
  const paid: Swap[] = [];
  for (const [to, needs] of room)
    for (const [from, has] of gives) {
      const most = Math.min(has - given(paid, 'from', from), needs - given(paid, 'to', to));
      const amount = Math.min(owed(ledger, to, from), most);
      if (amount > 0) paid.push({ from, to, amount });
    }
  return paid;
}

/** What is left to give, in slices to those who need it most. */
function sharedOut(
  { participants, ledger, slice }: RebalanceInput,
  gives: ReadonlyMap<string, number>,
  room: ReadonlyMap<string, number>,
  paid: readonly Swap[],
): ReadonlyMap<string, number> {
  const total = [...gives.values()].reduce((sum, amount) => sum + amount, 0);
  const takers = participants
    .filter(({ id }) => (room.get(id) ?? 0) > 0)
    .sort((a, b) => creditOf(ledger, b.id) - creditOf(ledger, a.id))
    .map(({ id, value, min, usage }): Member => {
      const now = value + given(paid, 'to', id);
      return { id, value: now, min, max: value + (room.get(id) ?? 0), ...(usage !== undefined && { usage }) };
    });
  return splitAmount(total, takers, slice);
}

function wishesOf(swaps: readonly Swap[], input: RebalanceInput): readonly LimitWish[] {
  const values = new Map(input.participants.map(({ id, value }) => [id, value]));
  return swaps.flatMap(({ from, to, amount }) => {
    values.set(from, (values.get(from) ?? 0) - amount);
    values.set(to, (values.get(to) ?? 0) + amount);
    return [wishOf(from, to, values, input), wishOf(to, from, values, input)];
  });
}

function wishOf(
  id: string,
  pair: string,
  values: ReadonlyMap<string, number>,
  input: RebalanceInput,
): LimitWish {
  const { resource, field, now, participants } = input;
  const target = values.get(id) ?? 0;
  const { value = 0, min = 0, max = target, usage } = participants.find((each) => each.id === id) ?? {};
  return {
    ...{ structure: id, resource, target, field, pair, priority: 0, at: now },
    because: {
      ...{ resource, policy: 'rebalance', current: value, raw: target, target, constraint: 'target' },
      ...(usage !== undefined && { usage }),
      ...{ bounds: { min, max }, by: target < value ? `given to ${pair}` : `taken from ${pair}` },
    },
  };
}
