import type { InstanceReport } from '#libs/contracts';
import type { SeenContainer } from '../../rollout/domain/seen-container.js';
import type { RecordedInstance } from './reconcile.js';

export type Crashing = NonNullable<InstanceReport['crashing']>;

/** Those that its engine keeps up by itself; of the others, repairs tell. */
const KEPT_UP: ReadonlySet<string> = new Set(['running', 'restarting']);

/** Whether it may be crashing. A task of its service tells itself what becomes of its instances. */
export const isWatched = ({ state, busy }: RecordedInstance, { status }: SeenContainer): boolean =>
  state === 'running' && !busy && KEPT_UP.has(status);

/** What is known now of how an instance crashes: nothing of one that has been up for a minute. */
export function crashingNow(
  { hasJustStarted = false, restartCount = 0 }: SeenContainer,
  known: Crashing | undefined,
  now: Date,
): Crashing | undefined {
  if (!hasJustStarted || restartCount === 0) return undefined;
  return { restarts: restartCount, since: known?.since ?? now.toISOString() };
}

export const isSame = (a: Crashing | undefined, b: Crashing | undefined): boolean =>
  a?.restarts === b?.restarts && a?.since === b?.since;
