import { once } from 'node:events';
import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { EventStore, nudgeChannel, workChannel } from '#libs/postgres';
import { openRuntime } from '#libs/runtime';
import { AnswerBoard, tailNodeAnswers } from '../../apps/deployer/src/rollout/adapters/node-answers.js';
import { watchTraffic } from '../../apps/deployer/src/rollout/adapters/traffic.js';
import { deployerConfigSchema } from '../../apps/deployer/src/deployer.config.js';
import { createOutside } from '../../apps/deployer/src/task/outside.wire.js';
import { SCHEMA } from '../../apps/deployer/src/task/storage.wire.js';
import { createWorkers, type Decorate } from '../../apps/deployer/src/task/wire.js';
import { crashingAt, parseCrashPoint } from './crash-points.js';
import { SteeredWork } from './steering.js';

/**
 * A deployer replica that works and reads no topics, so that its death leaves no consumer group waiting for it. It
 * carries on the one task that SLIPWAY_CRASH_TASK names, and dies where SLIPWAY_CRASH_AT says; it may stand still at several points, with commas between.
 */
const config = loadConfig(deployerConfigSchema);
const runtime = await openRuntime({
  app: 'deployer',
  replica: config.DEPLOYER_REPLICA,
  ...appTables.deployer,
  config,
});
const { pool, outbox, listener, logger } = runtime;
const work = new SteeredWork(process.env['SLIPWAY_CRASH_TASK'] ?? '');
const storage = { pool, outbox, events: new EventStore(), work };
const outside = await createOutside(config, pool, { logger, verdicts: { unreachable: () => undefined } });
const answers = new AnswerBoard();
const tailing = await tailNodeAnswers(runtime.kafka, answers, outside.logins);
const points = (process.env['SLIPWAY_CRASH_AT'] ?? '').split(',').map(parseCrashPoint);
const decorate: Decorate = (parts) =>
  points.reduce((decorated, point) => crashingAt(point)(decorated), parts);
const traffic = await watchTraffic(runtime);
const workers = createWorkers({ config, storage, outside, runtime, answers, traffic, decorate });
await listener.subscribe(workChannel(SCHEMA), () => workers.wake());
await listener.subscribe(nudgeChannel(SCHEMA), (taskId) => workers.nudge(taskId));
workers.start();
logger.info({ httpUrl: 'none' }, 'working-replica is ready');
await once(process, 'SIGTERM');
await workers.stop(5_000);
await tailing.stop();
await outside.engines.close();
await Promise.all(outside.builders.map((builder) => builder.close()));
await runtime.close();
