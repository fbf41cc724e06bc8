import type { ResourceState } from '../../structures/domain/structure.js';
import type { Chain } from './limits.js';
import type { AmountRule } from './rules.js';

/** `int(amount * min((usage - upper) / (current - upper), 1))`: the whole amount once usage is at the limit. */
export function proportional(amount: number, usage: number, { upper }: Chain, current: number): number {
  const share = current > upper ? (usage - upper) / (current - upper) : 1;
  return Math.trunc(amount * Math.min(share, 1));
}

/** By how much `current` changes so that usage lies in the middle of the margin below `upper`. */
export function fitToUsage(current: number, margin: number, usage: number): number {
  return Math.trunc(usage + Math.max(Math.trunc(margin / 2), 1) + margin) - current;
}

/** As much of an amount as keeps `lower` at `min` or above, and `current` at `max` or below. */
export function trimmed(
  amount: number,
  { max, min, current }: Pick<ResourceState, 'max' | 'min' | 'current'>,
  lower: number,
): number {
  if (amount >= 0) return Math.max(0, Math.min(amount, max - current));
  return Math.min(0, Math.max(amount, min - lower));
}

/** By how much a rule changes `current`, before it is trimmed. */
export function amountOf(by: AmountRule, state: ResourceState, usage: number, chain: Chain): number {
  switch (by.kind) {
    case 'fixed':
      return by.amount;
    case 'proportional':
      return proportional(by.amount, usage, chain, state.current);
    case 'fit_to_usage':
      return fitToUsage(state.current, chain.margin, usage);
  }
}
