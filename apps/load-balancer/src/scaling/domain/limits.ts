import type { Constraint } from './decision.js';
import type { DirectionRules, Policy } from './policy.js';
import { recommendedWithin } from './state.js';
import type { RecommendedNow } from './state.js';
import type { Change } from './state.js';

/** A count, and what made it that. */
export interface Limited {
  readonly count: number;
  readonly constraint: Constraint | undefined;
}

/** The period of rates, as the HPA has it by default; a longer cooldown is one of its own. */
export const PERIOD_MS = 15_000;

interface Facts extends RecommendedNow {
  readonly policy: Policy;
  readonly current: number;
  readonly changes: readonly Change[];
}

/** For how long changes are remembered. */
export const changesKeptMs = ({ out, in: less }: Pick<Policy, 'out' | 'in'>): number =>
  Math.max(PERIOD_MS, out.cooldownMs, less.cooldownMs);
/** For how long recommendations are. */
export const recommendedKeptMs = ({ out, in: less }: Pick<Policy, 'out' | 'in'>): number =>
  Math.max(1_000, out.stabilisationMs, less.stabilisationMs);

/** How many may be changed within a period, of so many at its start. The HPA's `selectPolicy: Max`. */
const allowed = (start: number, { step, percent }: DirectionRules): number =>
  Math.max(1, step, Math.floor((start * percent) / 100));

/**
 * On the way out. Stabilisation takes the lowest recommendation of its window (HPA); a cooldown is counted from the last
 * change in this direction; rates are counted over a period, from the count at its start. Pure.
 */
export function limitOut(facts: Facts): Limited {
  const { policy, current, changes, now, count } = facts;
  const rules = policy.out;
  const wanted = Math.max(current, recommendedWithin(facts, rules.stabilisationMs).least);
  if (wanted <= current) return { count: current, constraint: 'out-stabilisation' };
  const outs = changes.filter(({ from, to }) => to > from);
  if (isWithin(outs.at(-1)?.at, rules.cooldownMs, now)) return { count: current, constraint: 'out-cooldown' };
  const recent = outs.filter(({ at }) => isWithin(at, PERIOD_MS, now));
  const start = Math.max(0, current - recent.reduce((sum, { from, to }) => sum + to - from, 0));
  const most = Math.max(current, start + allowed(start, rules));
  if (wanted > most) return { count: most, constraint: 'out-step' };
  return { count: wanted, constraint: wanted < count ? 'out-stabilisation' : undefined };
}

/**
 * On the way in. Stabilisation takes the highest recommendation of its window (HPA). A cooldown is counted from the last
 * change of either direction: what was added a moment ago is not taken away again. Pure.
 */
export function limitIn(facts: Facts): Limited {
  const { policy, current, changes, now, count } = facts;
  const rules = policy.in;
  const wanted = Math.min(current, recommendedWithin(facts, rules.stabilisationMs).most);
  if (wanted >= current) return { count: current, constraint: 'in-stabilisation' };
  if (isWithin(changes.at(-1)?.at, rules.cooldownMs, now))
    return { count: current, constraint: 'in-cooldown' };
  const recent = changes.filter(({ at, from, to }) => to < from && isWithin(at, PERIOD_MS, now));
  const start = current + recent.reduce((sum, { from, to }) => sum + from - to, 0);
  const least = Math.min(current, start - allowed(start, rules));
  if (wanted < least) return { count: least, constraint: 'in-step' };
  return { count: wanted, constraint: wanted > count ? 'in-stabilisation' : undefined };
}

const isWithin = (at: number | undefined, forMs: number, now: number): boolean =>
  at !== undefined && now - at < forMs;
