import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import type { InvalidMessage } from '#libs/kafka';
import { EventStore, finishedWork, nudgeChannel, WorkQueue, workChannel } from '#libs/postgres';
import { openRuntime, type RunningApp, serve } from '#libs/runtime';
import { PostgresBuildLogs } from './logs/adapters/build-logs.js';
import { EngineInstanceLogs } from './logs/adapters/instance-logs.js';
import { AnswerBoard, tailNodeAnswers } from './rollout/adapters/node-answers.js';
import { watchTraffic } from './rollout/adapters/traffic.js';
import { PostgresReleaseRecord } from './releases/adapters/release-record.js';
import { RequestRecord } from './requests/adapters/request-record.js';
import { deployerConfigSchema } from './deployer.config.js';
import { DeployerModule } from './deployer.module.js';
import { createOutside } from './task/outside.wire.js';
import { SCHEMA } from './task/storage.wire.js';
import type { Storage } from './task/storage.wire.js';
import { buildChores } from './build/wire.js';
import {
  answerInvalid,
  createIntake,
  createProof,
  createRequestAnswers,
  openSubmissions,
} from './requests/wire.js';
import { rolloutChores } from './rollout/wire.js';
import { createSecretIntake } from './secrets/wire.js';
import { createHousekeeping } from './task/housekeeping.wire.js';
import { createRoutes } from './routes/wire.js';
import { createLimitsIntake, createScaling, createServices } from './services/wire.js';
import { PostgresNodeWaits } from './rollout/adapters/node-waits.js';
import {
  createAgentMessages,
  createEvictions,
  createReconciler,
  renewNodeLogins,
  repairChores,
} from './repair/wire.js';
import { createRetentions } from './releases/retention.wire.js';
import { createWorkers } from './task/wire.js';

/** Below a container's usual 10 s of grace: what has not ended by then goes on in another replica. */
const DRAIN_MS = 5_000;

/** Starts a deployer: database and broker first, then consumers, relay and HTTP, workers last. */
export async function startDeployer(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(deployerConfigSchema, env);
  const runtime = await openRuntime({
    app: 'deployer',
    replica: config.DEPLOYER_REPLICA,
    ...appTables.deployer,
    ownTopics: config.DEPLOYER_REPLY_TOPICS,
    config,
  });
  const { pool, outbox, listener } = runtime;
  const storage: Storage = { pool, outbox, events: new EventStore(), work: new WorkQueue() };
  const agents = createAgentMessages(runtime);
  const outside = await createOutside(config, pool, { ...runtime, verdicts: agents.messages });
  await outside.removeSourceLeftovers();
  await renewNodeLogins(config, runtime);
  const board = new AnswerBoard();
  const traffic = await watchTraffic(runtime);
  const workers = createWorkers({ config, storage, outside, runtime, answers: board, traffic });
  const retention = createRetentions({ ...{ config, pool, outbox, runtime }, ...outside });
  await listener.subscribe(workChannel(SCHEMA), () => workers.wake());
  await listener.subscribe(nudgeChannel(SCHEMA), (taskId) => workers.nudge(taskId));
  const answers = await tailNodeAnswers(runtime.kafka, board, outside.logins);
  const following = await agents.follow((node) => outside.engines.disconnect(node));
  const intake = createIntake(config, storage, runtime.clock);
  const secretIntake = createSecretIntake(outside.secrets, createRequestAnswers(outbox));
  const services = createServices({
    ...{ config, storage, runtime },
    ask: (tx, repair) => intake.acceptRepair(tx, repair),
  });
  const watching = { services: services.record, agents: agents.messages };
  const reconciler = createReconciler({ config, storage, outside, intake, runtime, ...watching });
  const housekeeping = createHousekeeping(
    [
      ...buildChores({ ...outside, pool, clock: runtime.clock }),
      ...rolloutChores(pool, config),
      ...repairChores(pool),
    ],
    runtime,
  );
  const instanceLogs = new EngineInstanceLogs(pool, outside.engines);
  const requests = new RequestRecord(pool, storage.events);
  const submissions = await openSubmissions({ ...runtime, intake, record: requests });
  const telling = { pool, outbox, intake, clock: runtime.clock, replica: config.DEPLOYER_REPLICA };
  const module = DeployerModule.register({
    ...{ intake, instanceLogs, work: storage.work, secretIntake, secrets: outside.secrets },
    ...{ specs: services.record, evictions: createEvictions(telling), routes: createRoutes(config, telling) },
    ...{ requests, submissions, waits: new PostgresNodeWaits(telling), scaling: createScaling(telling) },
    ...{ limits: createLimitsIntake(telling), releases: new PostgresReleaseRecord(pool) },
    buildLogs: new PostgresBuildLogs(pool),
    tokens: tokensOf(config),
  });
  const onInvalid = (invalid: InvalidMessage): Promise<void> =>
    answerInvalid(pool, { intake, secretIntake, outbox }, invalid);
  const app = await serve(runtime, {
    ...{ module, port: config.DEPLOYER_HTTP_PORT, onInvalid, oldRows: [finishedWork] },
    prove: createProof(config),
    async drain() {
      instanceLogs.close();
      submissions.close();
      await Promise.all([
        workers.stop(DRAIN_MS),
        ...retention.map((one) => one.stop()),
        reconciler.stop(),
        services.restorer.stop(),
        housekeeping.stop(),
      ]);
    },
    async release() {
      await Promise.all([answers.stop(), following.stop()]);
      await outside.engines.close();
      await Promise.all(outside.builders.map((builder) => builder.close()));
    },
  });
  workers.start();
  retention.forEach((one) => one.start());
  reconciler.start();
  services.restorer.start();
  housekeeping.start({ atOnce: true });
  return app;
}
