import { randomUUID } from 'node:crypto';
import type { ScaleReply } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import { Recurring, type Runtime } from '#libs/runtime';
import type { TrafficFigures, Wakes } from '../traffic-figures/ports.js';
import { KafkaLag } from './adapters/kafka-lag.js';
import { PolledFigures } from './adapters/outside-figures.js';
import { KeptForecasts } from './adapters/kept-forecasts.js';
import { PostgresKeptFigures } from './adapters/postgres-kept-figures.js';
import { PostgresScalingLeases } from './adapters/postgres-scaling-leases.js';
import { endScaling, PostgresScalingRecord, SCALING_TOKENS } from './adapters/postgres-scaling-record.js';
import { PostgresScalingView } from './adapters/postgres-scaling-view.js';
import { askPrometheus } from './adapters/prometheus.js';
import { RecentTraffic } from './recent-traffic.js';
import { RegistryScaledServices } from './adapters/registry-services.js';
import type { InstanceFigures } from './domain/figures.js';
import type { ScalingReplays, ScalingView } from './ports.js';
import { Rounds } from './rounds.js';
import { keyOf, ScaleServices } from './scale-services.js';

export { prometheusOf } from './variables.wire.js';
export { oldScalingRows } from './adapters/postgres-scaling-record.js';

interface ScalingParts {
  readonly runtime: Pick<Runtime, 'pool' | 'outbox' | 'kafka' | 'clock' | 'logger' | 'metrics'>;
  readonly replica: string;
  readonly traffic: TrafficFigures;
  readonly wakes: Wakes;
  /** What is measured of an instance, by its name. */
  readonly use: (instance: string) => InstanceFigures | undefined;
  readonly prometheus: {
    /** That policies may name. */
    readonly servers: readonly string[];
    readonly mostQueries: number;
  };
}

export interface Scaling {
  readonly view: ScalingView;
  readonly replays: ScalingReplays;
  /** What came of a request of this feature; answers to others change nothing. */
  end(tx: Transaction, reply: ScaleReply): Promise<void>;
  start(): void;
  /** Resolves when what is under way has ended; another replica goes on at once. */
  stop(): Promise<void>;
}

/** The safety net under new figures, which gateways say once a second. */
const ROUND_MS = 1_000;
/** Each topic needs a client of Kafka. */
const MOST_LAGS = 100;
/** With many gateways there are new figures all the time. */
const LEAST_MS = 700;

/** Scaling on Postgres, Kafka and what gateways say, with its metrics. */
export function createScaling({ runtime, replica, traffic, wakes, use, prometheus }: ScalingParts): Scaling {
  const { pool, outbox, kafka, clock, logger, metrics } = runtime;
  const holder = `${replica}-${randomUUID()}`;
  const changes = metrics.counter(
    'load_balancer_scaling_changes_total',
    'Changes of the count of a service that were asked for, by direction: out or in.',
    ['direction'],
  );
  const lag = new KafkaLag(kafka);
  const recent = new RecentTraffic({
    current: () => traffic.services(),
    monotonicMs: () => performance.now(),
  });
  const services = new RegistryScaledServices(pool);
  const kept = new PostgresKeptFigures(pool);
  const now = (): number => clock.now().getTime();
  const scaling = new ScaleServices({
    services,
    leases: new PostgresScalingLeases(pool, holder),
    record: new PostgresScalingRecord({ pool, outbox, holder }),
    figures: { instance: use, traffic: (of) => recent.of(keyOf(of)) },
    outside: new PolledFigures({
      sources: { kafkaLag: (group, topic) => lag.of(group, topic), prometheus: askPrometheus },
      ...{ servers: prometheus.servers, most: { kafkaLag: MOST_LAGS, prometheus: prometheus.mostQueries } },
      monotonicMs: () => performance.now(),
      onMissing: (what, err) => logger.warn({ err, figure: what }, 'a figure to scale by is missing'),
    }),
    forecasts: new KeptForecasts({
      figures: kept,
      onError: (err) => logger.warn({ err }, 'what load to expect is not known'),
    }),
    now,
    newToken: () => `${SCALING_TOKENS}${randomUUID()}`,
    onChanged: (from, to) => changes.inc({ direction: to > from ? 'out' : 'in' }),
    onFailed: (service, err) => logger.warn({ err, ...service }, 'a service is not scaled now'),
  });
  metrics.gauge('load_balancer_scaling_services', 'Services that this replica decides for.', [], () => [
    [{}, scaling.held],
  ]);
  const rounds = new Rounds({
    round: () => scaling.round(),
    onFailed: (err) => logger.warn({ err }, 'no service is scaled now'),
    ...{ leastMs: LEAST_MS, monotonicMs: () => performance.now() },
  });
  const recurring = new Recurring(ROUND_MS, () => rounds.soon());
  let ends: readonly (() => void)[] = [];
  return {
    view: new PostgresScalingView({ pool, now }),
    replays: { figures: kept, present: (of) => services.policyOf(of), now },
    end: endScaling,
    start() {
      const asleep = wakes.onWake((service) => {
        scaling.wake(service);
        rounds.atOnce();
      });
      ends = [asleep, traffic.onRead(() => void rounds.soon())];
      recurring.start({ atOnce: true });
    },
    async stop() {
      for (const end of ends) end();
      await recurring.stop();
      await rounds.ended();
      await scaling
        .end()
        .catch((err: unknown) => logger.warn({ err }, 'leases of services end by themselves'));
      await lag.stop();
    },
  };
}
