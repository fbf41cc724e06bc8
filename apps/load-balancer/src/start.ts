import { setImmediate } from 'node:timers/promises';
import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { topics } from '#libs/contracts';
import { serveWebSockets, tokensOf } from '#libs/http';
import { transaction } from '#libs/postgres';
import { type OldRows, openRuntime, type RunningApp, type Runtime, serve } from '#libs/runtime';
import { atRestKeys, parsePublicKey } from '#libs/secrets';
import {
  keepExplanations,
  oldExplanations,
  PostgresExplanations,
} from './explanations/adapters/postgres-explanations.js';
import { type LoadBalancerConfig, loadBalancerConfigSchema } from './load-balancer.config.js';
import { LoadBalancerModule } from './load-balancer.module.js';
import { followFigures } from './placement/adapters/node-figures.js';
import { evictableOn, oldEvictions } from './placement/adapters/evictions.js';
import { oldNodeChanges } from './placement/adapters/fleet-rows.js';
import { endedReservations, oldPorts } from './placement/adapters/reservations.js';
import { LineService } from './placement/adapters/line-service.js';
import { Placement } from './placement/wire.js';
import type { Fleets } from './plans/ports.js';
import type { RebalancingOptions } from './rebalancing/ports.js';
import { createRebalancing, oldMoves } from './rebalancing/wire.js';
import { createScaling, oldScalingRows, prometheusOf } from './scaling/wire.js';
import { useOf } from './scores/domain/use-of.js';
import { createScoring, scoreRulesOf } from './scores/wire.js';
import { createTraffic } from './traffic-feed/traffic.wire.js';
import { createTrafficFigures } from './traffic-figures/wire.js';

/**
 * Starts a load balancer: it reserves a place for each node request, follows what runs there, and explains its answers.
 * Gateways hear from it what runs where.
 */
export async function startLoadBalancer(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(loadBalancerConfigSchema, env);
  const openPlacement = placementOpener(config);
  const replica = config.LOAD_BALANCER_REPLICA;
  const app = 'load-balancer';
  const runtime = await openRuntime({ app, replica, ...appTables[app], config });
  const placement = openPlacement(runtime);
  const rebalancing = createRebalancing({
    ...{ runtime, placement, policy: config.LOAD_BALANCER_PLACEMENT },
    options: rebalancingOptions(config),
  });
  const { scoring, scaling, traffic } = createServiceParts(runtime, config);
  const tokens = tokensOf(config);
  const [figures] = await Promise.all([followFigures(runtime.kafka, placement.figures), scoring.start()]);
  const module = LoadBalancerModule.register({
    ...{ placement, ...rebalancing, tokens, fleets: fleetsOf(runtime, placement, config) },
    explanations: new PostgresExplanations(runtime.pool),
    ...{ scalings: scaling, scalingView: scaling.view, scalingReplays: scaling.replays },
    ...{ overrides: traffic.overrides, scores: scoring.scores },
  });
  const line = createLine(runtime, placement);
  const running = await serve(runtime, {
    ...{ module, port: config.LOAD_BALANCER_HTTP_PORT, corsOrigins: config.LOAD_BALANCER_CORS_ORIGINS },
    onServer: (server) =>
      serveWebSockets(server, { tokens, routes: [traffic.webSocket], logger: runtime.logger }),
    drain: async () => {
      await Promise.all([line, rebalancing, scaling, traffic, scoring].map((one) => one.stop()));
    },
    oldRows: oldRowsOf(config),
    gather: { topic: topics.nodeRequests, settle: (tx) => placement.settle(tx) },
    // A late report holds the lock of its node until it is committed.
    chunkSize: (topic) => (topic === topics.instanceReports ? 1 : undefined),
    release: () => figures.stop(),
  });
  for (const one of [line, rebalancing, scaling]) one.start();
  await traffic.start().catch(async (error: unknown) => {
    await running.close();
    throw error;
  });
  return running;
}

const mayPreempt = (config: LoadBalancerConfig): boolean => config.LOAD_BALANCER_PREEMPT === 'on';

/** Reads the keys first: a wrong one is said before anything is opened. */
function placementOpener(config: LoadBalancerConfig): (runtime: Runtime) => Placement {
  const nodeKeys = atRestKeys(config.SLIPWAY_NODE_KEY?.reveal(), config.SLIPWAY_SECRET_KEY?.reveal());
  const deployerKey = parsePublicKey(config.SLIPWAY_DEPLOYER_PUBLIC_KEY.reveal());
  return ({ outbox, tracing, clock, metrics }) => {
    const evictions = metrics.counter(
      'load_balancer_evictions_total',
      'Instances that were asked to make room for one of a higher priority.',
    );
    return new Placement({
      ...{ outbox, tracing, nodeKeys, deployerKey, keepExplanations },
      policy: config.LOAD_BALANCER_PLACEMENT,
      overcommit: config.LOAD_BALANCER_CPU_OVERCOMMIT,
      now: () => clock.now(),
      mostWaiting: config.LOAD_BALANCER_MOST_WAITING,
      holdAfterMs: config.LOAD_BALANCER_HOLD_AFTER_MS,
      ...(mayPreempt(config) && { onEvicted: (victims) => victims.forEach(() => evictions.inc()) }),
    });
  };
}

const fleetsOf = (
  { pool }: Pick<Runtime, 'pool'>,
  placement: Placement,
  config: LoadBalancerConfig,
): Fleets => ({
  snapshot: (about) => transaction(pool, (tx) => placement.snapshot(tx, about)),
  pause: () => setImmediate(),
  mayPreempt: mayPreempt(config),
  evictable: (shortages, mostPriority, except) =>
    transaction(pool, (tx) => evictableOn(tx, shortages, mostPriority, except)),
});

/** Those that wait for room. */
function createLine(runtime: Runtime, placement: Placement): LineService {
  const line = new LineService({ ...runtime, serve: (tx, isRenewed) => placement.serveLine(tx, isRenewed) });
  runtime.metrics.gauge('load_balancer_waiting_requests', 'Node requests that wait for room.', [], () => [
    [{}, line.length],
  ]);
  return line;
}

/** What gateways say of services, how busy their instances are, and how many there are to be. */
function createServiceParts(runtime: Runtime, config: LoadBalancerConfig) {
  const replica = config.LOAD_BALANCER_REPLICA;
  const heard = createTrafficFigures({ runtime });
  const scoring = createScoring({
    ...{ runtime, replica, rules: scoreRulesOf(config), redis: config, figures: heard.figures },
    keepDays: config.LOAD_BALANCER_SCORES_DAYS,
  });
  const { scores } = scoring;
  const scaling = createScaling({
    ...{ runtime, replica, traffic: heard.figures, wakes: heard.wakes },
    use: (instance) => useOf(scores.all().get(instance)),
    prometheus: prometheusOf(config),
  });
  const mostGateways = config.LOAD_BALANCER_FEED_GATEWAYS;
  const traffic = createTraffic({ runtime, replica, heard, scores, mostGateways });
  return { scoring, scaling, traffic };
}

const rebalancingOptions = (config: LoadBalancerConfig): RebalancingOptions => ({
  mode: config.LOAD_BALANCER_REBALANCING,
  atOnce: config.LOAD_BALANCER_REBALANCING_AT_ONCE,
  anHour: config.LOAD_BALANCER_REBALANCING_AN_HOUR,
  leastGain: config.LOAD_BALANCER_REBALANCING_LEAST_GAIN / 100,
  above: config.LOAD_BALANCER_REBALANCING_ABOVE / 100,
  quietMs: config.LOAD_BALANCER_REBALANCING_QUIET_MS,
  overMs: config.LOAD_BALANCER_REBALANCING_OVER_MS,
});

const oldRowsOf = ({
  LOAD_BALANCER_PLACEMENTS_DAYS: keptDays,
  LOAD_BALANCER_SCALING_DECISIONS_DAYS: decisionDays,
  LOAD_BALANCER_SCALING_FIGURES_DAYS: figureDays,
}: LoadBalancerConfig): readonly OldRows[] => [
  ...[endedReservations, oldNodeChanges, oldEvictions, oldPorts],
  ...[oldExplanations, oldMoves].map((of) => of(keptDays)),
  ...oldScalingRows(decisionDays, figureDays),
];
