import { setTimeout as delay } from 'node:timers/promises';
import type { Runtime } from '#libs/runtime';
import type { AtRestKeys } from '#libs/secrets';
import { placeOf } from './adapters/node-places.js';
import type { Watchers } from './ports.js';
import { Semaphore } from './semaphore.js';
import { WatchedNodes } from './watched-nodes.js';

export interface WatchParts {
  readonly runtime: Pick<Runtime, 'pool' | 'clock' | 'logger' | 'metrics'>;
  /** Open the logins of the registry. */
  readonly nodeKeys: AtRestKeys;
  /** The node that this agent runs on, if it does: it is watched without SSH. */
  readonly localNode: string | undefined;
  readonly watchers: Watchers;
  readonly onStopped: (node: string) => void;
  readonly onRemoved: (node: string) => Promise<void>;
}

/**
 * Logins at once, of all nodes. Of 1,000 side by side most would be given up as too late and begun anew, and none would
 * ever be done.
 */
const LOGINS_AT_ONCE = 30;

export function createWatch({ runtime, nodeKeys: keys, localNode, ...rest }: WatchParts): WatchedNodes {
  const { pool, clock, logger, metrics } = runtime;
  const leftOut = metrics.counter(
    'agent_seconds_left_out_total',
    'Seconds in which a node was not looked at, because this replica was behind with its work.',
  );
  const turns = new Semaphore(LOGINS_AT_ONCE);
  const watched: WatchedNodes = new WatchedNodes({
    ...rest,
    onLeftOut: () => leftOut.inc(),
    placeOf: (node) => placeOf({ pool, keys, logger, localNode, turns }, node),
    now: () => clock.now(),
    // An aborted pause is over, too.
    pause: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    onError: (err, what, node) => logger.warn({ err, node }, what),
  });
  metrics.gauge('agent_nodes', 'Nodes that this replica watches.', [], () => [[{}, watched.names.length]]);
  return watched;
}
