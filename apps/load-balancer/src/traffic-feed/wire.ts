import type { WebSocketRoute } from '#libs/http';
import { CARRIER_LEASE_MS, RegistryUnavailableError, TrafficCarriers } from '#libs/registry-client';
import type { DatabaseRuntime } from '#libs/runtime';
import { FeedServer } from './adapters/feed-server.js';
import { RegistryLog } from './adapters/registry-log.js';
import { FeedLog } from './domain/feed-log.js';
import { PIECE_SIZE } from './domain/feeding.js';
import { ScoreLog } from './domain/score-log.js';
import type { OverrideList, Reports, ScoreSource } from './ports.js';

interface TrafficFeedParts {
  readonly runtime: Pick<DatabaseRuntime, 'pool' | 'listener' | 'logger' | 'metrics'>;
  readonly replica: string;
  readonly mostGateways: number;
  readonly overrides: OverrideList;
  readonly reportsOf: (carrier: string) => Reports;
  /** Without it, gateways hear of no scores. */
  readonly scores?: ScoreSource;
}

export interface TrafficFeed {
  /** Where gateways connect. */
  readonly webSocket: WebSocketRoute;
  /** To be called when an operator has set a weight. */
  tellOverrides(): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export function createTrafficFeed(parts: TrafficFeedParts): TrafficFeed {
  const { runtime, replica, mostGateways, overrides, reportsOf, scores } = parts;
  const { pool, listener, logger, metrics } = runtime;
  const log = new FeedLog(PIECE_SIZE);
  const registry = new RegistryLog({
    ...{ pool, listener, log },
    onGrown: () => server.feed(),
    onUnfit: ({ kind, name }) =>
      logger.warn({ kind, name }, 'no gateway takes this; it is left out of the feed'),
    onError: (err) => sayNotFollowed(logger, err),
  });
  const carriers = new TrafficCarriers(pool);
  const scoreLog = new ScoreLog();
  const server: FeedServer = new FeedServer({
    ...{ log, registry, carriers, replica, mostGateways, logger, leaseMs: CARRIER_LEASE_MS },
    ...{ overrides, reportsOf, scores: scoreLog },
    ...(scores !== undefined && { onTick: () => scoreLog.replace(scores.all()) }),
  });
  metrics.gauge('load_balancer_feed_gateways', 'Gateways that follow the traffic feed.', [], () => [
    [{}, server.size],
  ]);
  metrics.counter('load_balancer_feed_snapshots_total', 'Snapshots sent to gateways.', [], () => [
    [{}, server.counts.snapshots],
  ]);
  const known = 'The revision of the registry that this replica feeds to gateways.';
  metrics.gauge('load_balancer_feed_revision', known, [], () =>
    log.revision === undefined ? [] : [[{}, log.revision]],
  );
  const ended = 'Connections of gateways that ended, by close code.';
  metrics.counter('load_balancer_feed_ends_total', ended, ['code'], () =>
    [...server.counts.ends].map(([code, count]) => [{ code: String(code) }, count]),
  );
  return {
    webSocket: server,
    tellOverrides: () => server.tellOverrides(),
    start: () => registry.start(),
    async stop() {
      await server.stop();
      await registry.stop();
    },
  };
}

function sayNotFollowed(logger: TrafficFeedParts['runtime']['logger'], err: unknown): void {
  // As in a first start, in which the node manager comes up beside it.
  if (err instanceof RegistryUnavailableError) logger.info({ hint: err.hint }, err.message);
  else logger.warn({ err }, 'the registry cannot be followed; it is tried again');
}
