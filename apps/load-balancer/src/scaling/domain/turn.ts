import { type Asking, mayAsk } from './asked.js';
import { decide } from './decide.js';
import type { DecideInput, Decision } from './decision.js';

/**
 * A decision that may be acted on: while what was asked for before is under way, or after it failed, the count stays, and
 * neither cooldowns nor rates know of what was not done. Pure.
 */
export function takeTurn(input: DecideInput, asking: Asking): Decision {
  const { current, now, state } = input;
  const decision = decide(input);
  if (decision.count === current || mayAsk(decision.count, current, asking, now)) return decision;
  const constraint = (asking.restsUntil ?? 0) > now ? 'rest' : 'asked';
  return {
    count: current,
    explanation: { ...decision.explanation, count: current, constraint },
    state: { ...decision.state, changes: state.changes, activeAt: state.activeAt },
  };
}
