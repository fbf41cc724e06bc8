import { loadConfig } from '#libs/config';
import { topics } from '#libs/contracts';
import type { InvalidMessage } from '#libs/kafka';
import {
  EventStore,
  eventTables,
  finishedWork,
  nudgeChannel,
  transaction,
  WorkQueue,
  workChannel,
  workTables,
  type Pool,
} from '#libs/postgres';
import { openRuntime, type RunningApp, serve } from '#libs/runtime';
import { BuildLogs } from './adapters/build-logs.js';
import { InstanceLogs } from './adapters/instance-logs.js';
import { AnswerBoard, tailNodeAnswers } from './adapters/node-answers.js';
import { ReleaseRecord } from './adapters/release-record.js';
import { RequestIntake } from './adapters/request-intake.js';
import { RequestRecord } from './adapters/request-record.js';
import { SecretIntake } from './adapters/secret-intake.js';
import { removeSourceLeftovers } from './adapters/source-leftovers.js';
import { type DeployerConfig, deployerConfigSchema } from './deployer.config.js';
import { replyToUnreadable } from './domain/unreadable-request.js';
import { DeployerModule } from './deployer.module.js';
import { deployerTables } from './migrations.js';
import { createOutside, SCHEMA, type Storage } from './parts.js';
import type { Clock } from './ports.js';
import { createHousekeeping } from './housekeeping.js';
import { createReconciler } from './reconciler.js';
import { createRetention } from './retention.js';
import { createWorkers } from './workers.js';

/** Below a container's usual 10 s of grace: what has not ended by then goes on in another replica. */
const DRAIN_MS = 5_000;

/** Starts a deployer: database and broker first, then consumers, relay and HTTP, workers last. */
export async function startDeployer(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(deployerConfigSchema, env);
  const runtime = await openRuntime({
    app: 'deployer',
    replica: config.DEPLOYER_REPLICA,
    schema: SCHEMA,
    migrations: [eventTables, workTables, deployerTables],
    config,
  });
  const { pool, outbox, listener } = runtime;
  const storage: Storage = { pool, outbox, events: new EventStore(), work: new WorkQueue() };
  const outside = await createOutside(config, pool, runtime.logger);
  await removeSourceLeftovers(config.DEPLOYER_WORK_DIRECTORY);
  const board = new AnswerBoard();
  const workers = createWorkers({ config, storage, outside, runtime, answers: board });
  const retention = createRetention({ config, pool, registry: outside.registry, runtime });
  await listener.subscribe(workChannel(SCHEMA), () => workers.wake());
  await listener.subscribe(nudgeChannel(SCHEMA), (taskId) => workers.nudge(taskId));
  const answers = await tailNodeAnswers(runtime.kafka, board, outside.logins);
  const intake = createIntake(config, storage, runtime.clock);
  const secretIntake = new SecretIntake({ outbox, secrets: outside.secrets });
  const reconciler = createReconciler({ config, storage, outside, intake, runtime });
  const housekeeping = createHousekeeping({ config, pool, outside, runtime });
  const instanceLogs = new InstanceLogs(pool, outside.engines);
  const module = DeployerModule.register({
    ...{ intake, instanceLogs, work: storage.work, secretIntake, secrets: outside.secrets },
    requests: new RequestRecord(pool, storage.events),
    releases: new ReleaseRecord(pool),
    buildLogs: new BuildLogs(pool),
    tokens: { admin: config.SLIPWAY_API_TOKEN, read: config.SLIPWAY_READ_TOKEN },
  });
  const onInvalid = (invalid: InvalidMessage): Promise<void> =>
    answerInvalid(pool, { intake, secretIntake }, invalid);
  const app = await serve(runtime, {
    ...{ module, port: config.DEPLOYER_HTTP_PORT, onInvalid, oldRows: [finishedWork] },
    async drain() {
      instanceLogs.close();
      await Promise.all([workers.stop(DRAIN_MS), retention.stop(), reconciler.stop(), housekeeping.stop()]);
    },
    async release() {
      await answers.stop();
      await outside.engines.close();
      await Promise.all(outside.builders.map((builder) => builder.close()));
    },
  });
  workers.start();
  retention.start();
  reconciler.start();
  housekeeping.start({ atOnce: true });
  return app;
}

function createIntake(config: DeployerConfig, storage: Storage, clock: Clock): RequestIntake {
  return new RequestIntake({
    ...storage,
    clock,
    replica: config.DEPLOYER_REPLICA,
    replyTopics: config.DEPLOYER_REPLY_TOPICS,
    defaultDeadlineMs: config.DEPLOYER_DEADLINE_MS,
  });
}

interface Intakes {
  readonly intake: RequestIntake;
  readonly secretIntake: SecretIntake;
}

/** A request that cannot be read is answered all the same, where its token can. */
async function answerInvalid(
  pool: Pool,
  { intake, secretIntake }: Intakes,
  invalid: InvalidMessage,
): Promise<void> {
  const { topic, value, reason } = invalid;
  if (value === null) return;
  const body = value.toString();
  const reply = replyToUnreadable(body, reason);
  if (reply === undefined) return;
  const { token, error } = reply;
  const unreadable = { unreadable: body };
  await transaction(pool, async (tx) => {
    if (topic === topics.deploymentRequests) await intake.refuse(tx, unreadable, reply);
    if (topic === topics.scaleRequests)
      await intake.refuseScale(tx, unreadable, { token, status: false, error });
    if (topic === topics.secretRequests) await secretIntake.refuse(tx, { token, status: false, error });
  });
}
