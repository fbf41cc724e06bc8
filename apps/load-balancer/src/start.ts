import { setImmediate } from 'node:timers/promises';
import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { topics } from '#libs/contracts';
import { tokensOf } from '#libs/http';
import { transaction } from '#libs/postgres';
import { openRuntime, type RunningApp, serve } from '#libs/runtime';
import { atRestKeys, parsePublicKey } from '#libs/secrets';
import {
  keepExplanations,
  oldExplanations,
  PostgresExplanations,
} from './explanations/adapters/postgres-explanations.js';
import { loadBalancerConfigSchema } from './load-balancer.config.js';
import { LoadBalancerModule } from './load-balancer.module.js';
import { followFigures } from './placement/adapters/node-figures.js';
import { endedReservations, oldNodeChanges } from './placement/adapters/reservations.js';
import { LineService } from './placement/adapters/line-service.js';
import { Placement } from './placement/wire.js';

/** Starts a load balancer: answers node requests with a reserved place, and follows what runs on it, and says why. */
export async function startLoadBalancer(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(loadBalancerConfigSchema, env);
  const nodeKeys = atRestKeys(config.SLIPWAY_NODE_KEY?.reveal(), config.SLIPWAY_SECRET_KEY?.reveal());
  const deployerKey = parsePublicKey(config.SLIPWAY_DEPLOYER_PUBLIC_KEY.reveal());
  const replica = config.LOAD_BALANCER_REPLICA;
  const app = 'load-balancer';
  const runtime = await openRuntime({ app, replica, ...appTables[app], config });
  const placement = new Placement({
    ...{ outbox: runtime.outbox, tracing: runtime.tracing, nodeKeys, deployerKey },
    policy: config.LOAD_BALANCER_PLACEMENT,
    overcommit: config.LOAD_BALANCER_CPU_OVERCOMMIT,
    now: () => runtime.clock.now(),
    keepExplanations,
    mostWaiting: config.LOAD_BALANCER_MOST_WAITING,
    holdAfterMs: config.LOAD_BALANCER_HOLD_AFTER_MS,
  });
  const figures = await followFigures(runtime.kafka, placement.figures);
  const module = LoadBalancerModule.register({
    placement,
    explanations: new PostgresExplanations(runtime.pool),
    fleets: {
      snapshot: (about) => transaction(runtime.pool, (tx) => placement.snapshot(tx, about)),
      pause: () => setImmediate(),
    },
    tokens: tokensOf(config),
  });
  const line = new LineService({ ...runtime, serve: (tx, isRenewed) => placement.serveLine(tx, isRenewed) });
  runtime.metrics.gauge('load_balancer_waiting_requests', 'Node requests that wait for room.', [], () => [
    [{}, line.length],
  ]);
  const running = await serve(runtime, {
    ...{ module, port: config.LOAD_BALANCER_HTTP_PORT },
    drain: () => line.stop(),
    oldRows: [...[endedReservations, oldNodeChanges], oldExplanations(config.LOAD_BALANCER_PLACEMENTS_DAYS)],
    gather: { topic: topics.nodeRequests, settle: (tx) => placement.settle(tx) },
    // A late report holds the lock of its node until it is committed.
    chunkSize: (topic) => (topic === topics.instanceReports ? 1 : undefined),
    release: () => figures.stop(),
  });
  line.start();
  return running;
}
