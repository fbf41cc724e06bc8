import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { catalogue } from '#libs/contracts';
import { loadConfig } from '#libs/config';
import { KafkaEventStrategy } from '#libs/kafka';
import { eventTables, messagingTables, migrate, workChannel, workTables } from '#libs/postgres';
import { createLogger, createMetrics, Health, NestLogger, type Logger } from '#libs/telemetry';
import { RequestIntake } from './adapters/request-intake.js';
import { transactionalInbox } from './adapters/transactional-inbox.js';
import { type DeployerConfig, deployerConfigSchema } from './deployer.config.js';
import { DeployerModule } from './deployer.module.js';
import { deployerTables } from './migrations.js';
import { createBroker, createOutside, createStorage, SCHEMA, type Storage } from './parts.js';
import { createWorkers } from './workers.js';

export interface RunningApp {
  readonly httpUrl: string;
  close(): Promise<void>;
}

/** Below a container's usual 10 s of grace: what has not ended by then goes on in another replica. */
const DRAIN_MS = 5_000;

/** Starts a deployer: database first, then HTTP, consumers, relay and workers. */
export async function startDeployer(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(deployerConfigSchema, env);
  const replica = config.DEPLOYER_REPLICA;
  const logger = createLogger({ app: 'deployer', replica, level: config.LOG_LEVEL });
  const storage = createStorage(config, logger);
  const sets = [messagingTables, eventTables, workTables, deployerTables];
  await migrate(storage.pool, { schema: SCHEMA, sets });
  const { kafka, producer, relay } = createBroker(config, storage, logger);
  const outside = await createOutside(config, storage, logger);
  const health = new Health();
  health.register('postgres', async () => void (await storage.pool.query('SELECT 1')));
  const metrics = createMetrics('deployer');
  const nest = await createNest(config, storage, { logger, health, metrics, kafka, producer });
  const workers = createWorkers({ config, storage, outside, producer, logger, metrics });
  await producer.start();
  await storage.listener.start();
  await storage.listener.subscribe(workChannel(SCHEMA), () => workers.wake());
  await relay.start();
  await nest.init();
  await nest.startAllMicroservices();
  await nest.listen(config.DEPLOYER_HTTP_PORT, config.SLIPWAY_HTTP_HOST);
  workers.start();
  const httpUrl = await nest.getUrl();
  logger.info({ httpUrl }, 'deployer is ready');
  return {
    httpUrl,
    async close() {
      await workers.stop(DRAIN_MS);
      await nest.close();
      await relay.stop();
      await producer.stop();
      await outside.engines.close();
      await outside.builderEngine.close();
      await storage.listener.stop();
      await storage.pool.end();
    },
  };
}

interface NestParts {
  readonly logger: Logger;
  readonly health: Health;
  readonly metrics: ReturnType<typeof createMetrics>;
  readonly kafka: ReturnType<typeof createBroker>['kafka'];
  readonly producer: ReturnType<typeof createBroker>['producer'];
}

async function createNest(
  config: DeployerConfig,
  storage: Storage,
  parts: NestParts,
): Promise<NestFastifyApplication> {
  const { logger, health, metrics, kafka, producer } = parts;
  const intake = new RequestIntake({
    ...storage,
    clock: { now: () => new Date() },
    replica: config.DEPLOYER_REPLICA,
    replyTopics: config.DEPLOYER_REPLY_TOPICS,
    defaultDeadlineMs: config.DEPLOYER_DEADLINE_MS,
  });
  const module = DeployerModule.register({ intake, work: storage.work, health, metrics });
  const nest = await NestFactory.create<NestFastifyApplication>(module, new FastifyAdapter(), {
    logger: new NestLogger(logger),
  });
  nest.connectMicroservice({
    strategy: new KafkaEventStrategy({
      kafka,
      groupPrefix: 'slipway.deployer',
      catalogue,
      inbox: transactionalInbox(storage.pool),
      deadLetters: producer,
      logger,
      health,
    }),
  });
  return nest;
}
