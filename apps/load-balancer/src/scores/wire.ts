import { groupOf, topics } from '#libs/contracts';
import { ObservedShare } from '#libs/observations';
import { keepPartitions, withAdvisoryLock } from '#libs/postgres';
import { RedisClient, type RedisConfig } from '#libs/redis';
import { RegistryUnavailableError } from '#libs/registry-client';
import { followObserved, Recurring, type Runtime } from '#libs/runtime';
import { PostgresMinutes, SCORE_MINUTES } from './adapters/postgres-minutes.js';
import { nothingShared, RedisScores } from './adapters/redis-scores.js';
import { RegistryDraining } from './adapters/registry-draining.js';
import { scoreStates } from './domain/instance-score.js';
import type { ScoreRules } from './domain/scored-instance.js';
import { serviceScores } from './domain/service-scores.js';
import type { CurrentScores, GatewayFigures } from './ports.js';
import { ScoreInstances } from './score-instances.js';

export { scoreRulesOf, scoreVariables, someWeight } from './variables.wire.js';

type ScoringRuntime = Pick<Runtime, 'pool' | 'sessions' | 'clock' | 'logger' | 'kafka' | 'metrics'>;

interface ScoringParts {
  readonly runtime: ScoringRuntime;
  readonly replica: string;
  readonly rules: ScoreRules;
  readonly redis: RedisConfig;
  readonly figures: GatewayFigures;
  /** Of minutes. */
  readonly keepDays: number;
}

export interface Scoring {
  readonly scores: CurrentScores;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * So far back a replica begins: what scores go on from is forgotten after it, so they are those of the replica before. In
 * ten seconds each node sends what a reader needs to begin.
 */
const BACK_MS = 70_000;
const GROUP = groupOf('load-balancer', topics.nodeObserved);
const SHARE_MS = 1_000;
const STORE_MS = 5_000;
const PARTITIONS_MS = 3_600_000;

/** Scores of instances on Kafka, Redis and Postgres, with their metrics. */
export function createScoring({ runtime, replica, rules, redis, figures, keepDays }: ScoringParts): Scoring {
  const { pool, clock, logger } = runtime;
  const now = (): Date => clock.now();
  const client = RedisClient.of(redis, logger);
  const draining = new RegistryDraining({ pool, onError: (err) => sayNotRead(logger, err) });
  const scores: ScoreInstances = new ScoreInstances({
    ...{ rules, figures, draining, minutes: new PostgresMinutes(pool), now },
    shared: client === undefined ? nothingShared : new RedisScores({ redis: client, replica, now }),
    onError: (err) => logger.warn({ err }, 'scores of minutes are not stored yet'),
  });
  const share = new ObservedShare({
    onSecond: (second) => scores.observed(second),
    onLost: (node) => scores.forget(node),
  });
  const recurring = [
    new Recurring(SHARE_MS, async () => {
      await draining.refresh();
      await scores.share();
    }),
    new Recurring(STORE_MS, () => scores.store()),
    new Recurring(PARTITIONS_MS, () => keep(runtime, keepDays)),
  ];
  addMetrics(runtime.metrics, scores);
  let following: { stop(): Promise<void> } | undefined;
  return {
    scores,
    async start() {
      await Promise.all([keep(runtime, keepDays), draining.refresh(), scores.recall()]);
      following = await followObserved(runtime, { groupId: GROUP, backMs: BACK_MS, share });
      recurring.forEach((one) => one.start());
    },
    async stop() {
      await following?.stop();
      await Promise.all(recurring.map((one) => one.stop()));
      await scores.store();
      client?.close();
    },
  };
}

async function keep({ pool, sessions, clock, logger }: ScoringRuntime, keepDays: number): Promise<void> {
  try {
    await withAdvisoryLock(sessions, 'slipway.load-balancer.score-minutes', async () => {
      const gone = await keepPartitions(pool, clock.now(), { table: SCORE_MINUTES, keepDays });
      if (gone.length > 0) logger.info({ partitions: gone }, 'old scores deleted');
    });
  } catch (err) {
    logger.warn({ err }, 'the partitions of scores are not up to date');
  }
}

function addMetrics(metrics: Runtime['metrics'], scores: CurrentScores): void {
  const services = (of: 'mean' | 'least') => () =>
    serviceScores(scores.all().values()).map(
      ({ appId, service, ...values }) => [{ app_id: appId, service }, values[of]] as const,
    );
  const labels = ['app_id', 'service'] as const;
  metrics.gauge(
    'load_balancer_score_mean',
    'The mean score of the instances of a service: 100 is idle, 0 is saturated. Each replica knows those of all.',
    labels,
    services('mean'),
  );
  metrics.gauge(
    'load_balancer_score_least',
    'The least score of the instances of a service. Each replica knows those of all.',
    labels,
    services('least'),
  );
  metrics.gauge(
    'load_balancer_scored_instances',
    'Instances with a score, by state: INIT, LU, MU, HU or SUNDOWN. Each replica knows those of all.',
    ['state'],
    () => {
      const byState = Map.groupBy(scores.all().values(), ({ state }) => state);
      return scoreStates.map((state) => [{ state }, byState.get(state)?.length ?? 0] as const);
    },
  );
}

function sayNotRead(logger: Runtime['logger'], err: unknown): void {
  // As in a first start, in which the node manager comes up beside it.
  if (err instanceof RegistryUnavailableError) logger.info({ hint: err.hint }, err.message);
  else logger.warn({ err }, 'which instances are drained cannot be read; it is tried again');
}
