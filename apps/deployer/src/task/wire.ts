import { createSpecs } from '../services/wire.js';
import { setTimeout as delay } from 'node:timers/promises';
import { LeaseLostError } from '#libs/postgres';
import type { Runtime } from '#libs/runtime';
import { withinTrace } from '#libs/telemetry';
import { createBuildOutput } from '../logs/wire.js';
import { createLayers, createReleases } from '../releases/wire.js';
import { createTaskRequests } from '../requests/wire.js';
import type { Traffic } from '../rollout/ports.js';
import { createRoutes, gatewayOf } from '../routes/wire.js';
import { causesOfMoves } from '../rollout/domain/failed-places.js';
import { createRolloutRecord } from '../rollout/wire.js';
import { systemTimer } from './adapters/system-timer.js';
import { aroundStep } from './adapters/step-spans.js';
import { PostgresTaskStore } from './adapters/task-store.js';
import type { DeployerConfig } from '../deployer.config.js';
import type { Outside } from './outside.wire.js';
import type { Storage } from './storage.wire.js';
import type { NodeAnswers } from './ports.js';
import { BuildPlaces } from '../build/build-places.js';
import { createEffectRunner } from './effect-runner.js';
import type { PhaseLimits } from './phase.js';
import { runTask, type RunTaskPorts } from './run-task.js';
import { TaskWorkers } from './task-workers.js';
import { startsAtOnce, Turns } from './turns.js';

/** What a worker is made of that may be wrapped: by tests, to fail at one point of its work. */
export type Decorate = (parts: Pick<RunTaskPorts, 'store' | 'effects'>) => typeof parts;

interface WorkerParts {
  readonly config: DeployerConfig;
  readonly storage: Storage;
  readonly outside: Outside;
  readonly runtime: Pick<Runtime, 'producer' | 'logger' | 'metrics' | 'tracing' | 'clock'>;
  readonly answers: NodeAnswers;
  readonly traffic: Traffic;
  readonly decorate?: Decorate;
}

function runPorts(parts: WorkerParts): RunTaskPorts {
  const { config, storage, outside, runtime, answers, decorate = (undecorated) => undecorated } = parts;
  const { producer, logger, metrics, tracing, clock } = runtime;
  const replica = config.DEPLOYER_REPLICA;
  const releases = createReleases(storage.pool);
  const { instances, nodeRequests } = createRolloutRecord({ ...storage, clock });
  const specs = createSpecs({ pool: storage.pool, clock });
  const routes = createRoutes(config, { ...storage, clock });
  const store = new PostgresTaskStore({
    ...{ ...storage, clock, replica, leaseMs: config.DEPLOYER_LEASE_MS },
    ...{ requests: createTaskRequests(storage), nodeRequests },
    writers: {
      'add-release': releases,
      'set-current-release': releases,
      'release-command-done': releases,
      'add-instance': instances,
      'leave-behind': instances,
      'place-volumes': instances,
      'set-instance-state': instances,
      'remove-instance': instances,
      report: instances,
      'request-node': nodeRequests,
      'release-node': nodeRequests,
      'keep-login': nodeRequests,
      'change-spec': specs,
      'repeat-spec': specs,
      'end-routes': routes,
    },
  });
  const steps = metrics.histogram('deployer_step_seconds', 'Time of one step of a task', ['step']);
  const moves = metrics.counter('deployer_starts_moved_total', 'Starts that went to another place', ['code']);
  const output = createBuildOutput({ pool: storage.pool, producer, clock, replica, logger });
  const limits = phaseLimits(config);
  const effects = createEffectRunner({
    ...{ store, releases, instances, nodeRequests, specs, routes },
    layers: createLayers(storage.pool, outside.imageLayers),
    ...outside,
    traffic: parts.traffic,
    clock,
    wait: (ms, signal) => delay(ms, undefined, { signal }),
    output,
    healthTimeoutMs: config.DEPLOYER_HEALTH_TIMEOUT_MS,
    stableMs: config.DEPLOYER_STABLE_MS,
    drainMs: config.DEPLOYER_DRAIN_MS,
    limits,
    places: new BuildPlaces({
      limits: outside.builder.limits,
      clock,
      onPassedOver: (builder, err) => logger.warn({ err, builder }, 'a builder is passed over'),
    }),
    nodeTurns: new Turns((node) =>
      startsAtOnce(config.DEPLOYER_NODE_CONCURRENCY, outside.logins.cpusOf(node)),
    ),
  });
  return {
    answers,
    drainMs: config.DEPLOYER_DRAIN_MS,
    placeWaitMs: config.DEPLOYER_PLACE_WAIT_MS,
    gateway: gatewayOf(config),
    ...{ clock, timer: systemTimer },
    ...decorate({ store, effects }),
    aroundStep: aroundStep(tracing),
    onStored(state, events) {
      for (const code of causesOfMoves(state, events)) moves.inc({ code });
    },
    isLeaseLost: (error) => error instanceof LeaseLostError,
    onStep(state, step, ms, error) {
      const labels = {
        token: state.token,
        task: `${state.token}/${state.service}`,
        step,
        ms: Math.round(ms),
      };
      if (error !== undefined) logger.warn({ ...labels, err: error }, 'step failed');
      else logger.debug(labels, 'step done');
      steps.observe({ step }, ms / 1000);
    },
  };
}

const phaseLimits = (config: DeployerConfig): PhaseLimits => ({
  fetchMs: config.DEPLOYER_FETCH_IDLE_MS,
  buildMs: config.DEPLOYER_BUILD_IDLE_MS,
  pushMs: config.DEPLOYER_PUSH_IDLE_MS,
  pullMs: config.DEPLOYER_PULL_IDLE_MS,
  startMs: config.DEPLOYER_START_IDLE_MS,
  stopMs: config.DEPLOYER_STOP_IDLE_MS,
});

/** The replica's workers over the work queue. */
export function createWorkers(parts: WorkerParts): TaskWorkers {
  const { config, storage, outside } = parts;
  const { logger } = parts.runtime;
  const { pool, work } = storage;
  const ports = runPorts(parts);
  const leaseMs = config.DEPLOYER_LEASE_MS;
  return new TaskWorkers(
    {
      async claim() {
        const claim = await work.claim(pool, { owner: config.DEPLOYER_REPLICA, leaseMs });
        return claim && { taskId: claim.id, fence: claim.fence };
      },
      heartbeat(held) {
        const leases = held.map(({ taskId, fence }) => ({ id: taskId, fence }));
        return work.heartbeat(pool, leases, leaseMs);
      },
      nextLapse: (withinMs) => work.nextLapse(pool, { owner: config.DEPLOYER_REPLICA, withinMs }),
      async run(lease) {
        // Not the first to claim it: who was before may have been killed, with a source half unpacked.
        if (lease.claim.fence > 1n) await outside.removeSourceLeftovers();
        const history = await ports.store.history(lease.claim.taskId);
        return withinTrace(history.traceparent, () => runTask(ports, lease, history));
      },
      onError: (error, task) =>
        logger.error({ err: error, task }, 'a task stopped; its lease will lapse and it is tried again'),
    },
    { concurrency: config.DEPLOYER_CONCURRENCY, leaseMs, pollMs: 1_000 },
  );
}
