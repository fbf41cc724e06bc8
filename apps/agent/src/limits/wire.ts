import { setTimeout as delay } from 'node:timers/promises';
import { type OldRows, Recurring, type Runtime } from '#libs/runtime';
import type { NodeWay } from '../watch/ports.js';
import { heldNodes } from './adapters/held-nodes.js';
import {
  limitsChannel,
  PostgresLimitRequests,
  PostgresOpenRequests,
} from './adapters/postgres-limit-requests.js';
import { AnswerRequests } from './answer-requests.js';
import type { LimitRequests } from './ports.js';

const DAY_MS = 86_400_000;
/** What no NOTIFY told of, as after a take-over. */
const LOOK_MS = 1_000;

/** Answers are kept for as long as a request may come again, and to be looked at. */
export const oldLimitRequests: OldRows = () => ({
  ...{ table: 'limit_requests', column: 'answered_at', condition: 'answered_at IS NOT NULL' },
  keepMs: DAY_MS,
});

interface LimitsParts {
  readonly runtime: Pick<
    Runtime,
    'pool' | 'outbox' | 'clock' | 'listener' | 'logger' | 'metrics' | 'options'
  >;
  /** As of the leases. */
  readonly holder: string;
  readonly watched: { readonly names: readonly string[]; way(node: string): NodeWay | 'unready' | undefined };
  /** Whether the leases are this replica's own for certain. */
  isValid(): boolean;
}

export interface Limits {
  readonly requests: LimitRequests;
  start(): Promise<void>;
  /** Resolves once what is under way is answered. */
  stop(): Promise<void>;
}

/** Limits of containers, as the rescaler asks for them. */
export function createLimits({ runtime, holder, watched, isValid }: LimitsParts): Limits {
  const { pool, outbox, clock, listener, logger, metrics, options } = runtime;
  const changes = metrics.counter(
    'agent_limit_changes_total',
    'Changes of limits that were answered, by whether a limit was refused: applied or refused.',
    ['result'],
  );
  const seconds = metrics.histogram(
    'agent_limit_request_seconds',
    'Seconds that a request of limits took on its node, with all of its changes.',
  );
  const answering = new AnswerRequests({
    nodes: heldNodes(() => ({ names: watched.names, way: (node) => watched.way(node), isValid })),
    requests: new PostgresOpenRequests({ pool, outbox, holder }),
    now: () => clock.now(),
    pause: (ms) => delay(ms),
    onError: (err, node) => logger.warn({ err, node }, 'limits are not changed now'),
    onAnswered(ms, { applied, refused }) {
      seconds.observe({}, ms / 1_000);
      changes.inc({ result: 'applied' }, applied);
      changes.inc({ result: 'refused' }, refused);
    },
  });
  const looking = new Recurring(LOOK_MS, () =>
    answering
      .lookAtAll()
      .catch((err: unknown) => logger.warn({ err }, 'requests of limits are not known now')),
  );
  let unsubscribe: (() => void) | undefined;
  return {
    requests: new PostgresLimitRequests({ outbox, now: () => clock.now() }),
    async start() {
      unsubscribe = await listener.subscribe(limitsChannel(options.schema), (node) => {
        if (node !== undefined) answering.nudge(node);
      });
      looking.start();
    },
    async stop() {
      unsubscribe?.();
      await looking.stop();
      await answering.stop();
    },
  };
}
