import type { FeedFigures } from '#libs/contracts';
import {
  CARRIER_SCHEMA,
  figureRows,
  LiveRowWriter,
  sayWakes,
  WAKES_CHANNEL,
  wakesIn,
} from '#libs/registry-client';
import type { DatabaseRuntime } from '#libs/runtime';
import { SharedFigures } from './adapters/shared-figures.js';
import { WakeCalls } from './domain/wake-calls.js';
import type { TrafficFigures, Wakes } from './ports.js';
import { TakeFigures } from './take-figures.js';

interface TrafficFiguresParts {
  readonly runtime: Pick<DatabaseRuntime, 'pool' | 'listener' | 'logger' | 'metrics' | 'clock'>;
}

/** What one gateway says over the feed of this replica. */
export interface GatewayReports {
  figures(message: FeedFigures): void;
  wake(services: readonly string[]): void;
  /** Its connection has ended. */
  end(): Promise<void>;
}

export interface TrafficFiguresFeature {
  readonly figures: TrafficFigures;
  readonly wakes: Wakes;
  /** A gateway that reads the database was heard of lately. */
  readonly hasDatabaseGateways: boolean;
  /** By the id of the carrier. */
  reportsOf(carrier: string): GatewayReports;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** What gateways say of the requests that they carry: of all gateways, at every replica. */
export function createTrafficFigures({ runtime }: TrafficFiguresParts): TrafficFiguresFeature {
  const { pool, listener, logger, metrics, clock } = runtime;
  const now = (): number => clock.now().getTime();
  const calls = new WakeCalls();
  const wake = (services: readonly string[]): void =>
    services.forEach((service) => calls.wake(service, performance.now()));
  const figures = new SharedFigures({
    ...{ pool, listener, now, onHeld: wake },
    onError: (err) => logger.warn({ err }, 'what gateways carry is not known'),
  });
  metrics.gauge('load_balancer_gateways_heard', 'Gateways that said lately what they carry.', [], () => [
    [{}, figures.gateways],
  ]);
  const notKept = (err: unknown): void => logger.warn({ err }, 'what a gateway says is not kept');
  let unsubscribe: (() => void) | undefined;
  return {
    figures,
    wakes: calls,
    get hasDatabaseGateways() {
      return figures.hasOf(CARRIER_SCHEMA);
    },
    reportsOf(carrier) {
      const writer = new LiveRowWriter(pool, figureRows, carrier);
      const take = new TakeFigures({ writer, now, onError: notKept });
      return {
        figures: (message) => take.take(message),
        wake(services) {
          wake(services);
          sayWakes(pool, services).catch(notKept);
        },
        end: () => take.end(),
      };
    },
    async start() {
      unsubscribe = await listener.subscribe(WAKES_CHANNEL, (payload) => wake(wakesIn(payload)));
      await figures.start();
    },
    async stop() {
      unsubscribe?.();
      await figures.stop();
    },
  };
}
