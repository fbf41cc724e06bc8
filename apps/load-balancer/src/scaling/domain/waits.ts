import { type Asking, ASKED_MS } from './asked.js';
import type { Constraint, Explanation } from './decision.js';
import type { Policy } from './policy.js';
import type { ScalingState } from './state.js';
import { reasonText } from './words.js';

/** What stands between the count and the one that the targets ask for. */
export interface Wait {
  readonly for: Constraint;
  /** One line. */
  readonly text: string;
  /** When it is over, in milliseconds since the epoch, where that is known. */
  readonly until?: number;
}

export interface Waiting {
  readonly policy: Policy;
  /** Of the latest decision. */
  readonly explanation: Explanation;
  /** When that was. */
  readonly decidedAt: number;
  /** As the lease keeps it; a few seconds old at most. */
  readonly state: ScalingState;
  readonly asking: Asking;
  readonly now: number;
}

/** What was decided before that says nothing of now. Reasons that go on are written every 10 s. */
const STALE_MS = 30_000;
/** So long without anything to do, an instance may be about to go for it. */
const QUIET_MS = 5_000;

const TEMPORARY: ReadonlySet<Constraint> = new Set<Constraint>([
  ...([
    'out-step',
    'in-step',
    'out-cooldown',
    'in-cooldown',
    'out-stabilisation',
    'in-stabilisation',
  ] as const),
  ...(['panic', 'rollout', 'missing', 'unreachable', 'asked', 'rest'] as const),
]);

/** Undefined where nothing is waited for, or nobody decides. Pure. */
export function waitsFor(waiting: Waiting): Wait | undefined {
  const { explanation, decidedAt, asking, now } = waiting;
  const { asked } = asking;
  if (asked !== undefined && now - asked.at < ASKED_MS && explanation.constraint !== 'rest') {
    const text = `the deployer was asked for ${asked.count}, and the spec does not say so yet`;
    return { for: 'asked', text, until: asked.at + ASKED_MS };
  }
  const isUnchanged = explanation.count === explanation.current;
  if (isUnchanged && now - decidedAt < STALE_MS && TEMPORARY.has(explanation.constraint)) {
    const until = endOf(waiting);
    return {
      ...{ for: explanation.constraint, text: reasonText(explanation) },
      ...(until !== undefined && until > now && { until }),
    };
  }
  return idleSoon(waiting);
}

function endOf({ policy, explanation, state, asking }: Waiting): number | undefined {
  const outs = state.changes.filter(({ from, to }) => to > from);
  const after = (at: number | undefined, ms: number) => (at === undefined ? undefined : at + ms);
  if (explanation.constraint === 'out-cooldown') return after(outs.at(-1)?.at, policy.out.cooldownMs);
  if (explanation.constraint === 'in-cooldown') return after(state.changes.at(-1)?.at, policy.in.cooldownMs);
  if (explanation.constraint === 'panic') return state.panicUntil;
  return explanation.constraint === 'rest' ? asking.restsUntil : undefined;
}

/** With `min` 0, the last instances go once nothing was to do for `idleMs`. */
function idleSoon({ policy, explanation, state, now }: Waiting): Wait | undefined {
  const { bounds, count } = explanation;
  if (bounds.min > 0 || count === 0 || policy.idleMs === undefined) return undefined;
  if (now - state.activeAt < QUIET_MS) return undefined;
  const text = `nothing to do since ${new Date(state.activeAt).toISOString()}; no instance is wanted after idleMs`;
  return { for: 'idle', text, until: state.activeAt + policy.idleMs };
}
