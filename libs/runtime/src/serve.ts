import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { catalogue } from '#libs/contracts';
import { type InvalidMessage, KafkaEventStrategy } from '#libs/kafka';
import { NestLogger, TelemetryModule } from '#libs/telemetry';
import type { Runtime } from './runtime.js';
import { handleTraced, refuseTraced } from './traced-messages.js';
import { transactionalInbox } from './transactional-inbox.js';

export interface RunningApp {
  readonly httpUrl: string;
  close(): Promise<void>;
}

export interface ServeOptions {
  /** The app's consumers and controllers. */
  readonly module: DynamicModule;
  /** 0 takes any free one. */
  readonly port: number;
  /** Told of each message that does not parse, before it goes to the dead letters; told again when it throws. */
  readonly onInvalid?: (invalid: InvalidMessage) => Promise<void>;
  /** Told when a consumer ended for good; the process should end, so that its supervisor starts another. */
  readonly onFatal?: (error: Error) => void;
}

/** Serves the module's message handlers and its HTTP, with /health, /ready and /metrics; then the outbox flows. */
export async function serve(runtime: Runtime, serveOptions: ServeOptions): Promise<RunningApp> {
  const { module, port, onFatal, onInvalid } = serveOptions;
  const { logger, health, metrics, tracing, kafka, producer, pool, relay, options } = runtime;
  const groupPrefix = `slipway.${options.app}`;
  const telemetry = TelemetryModule.forRoot({ health, metrics });
  const root: DynamicModule = { ...module, imports: [...(module.imports ?? []), telemetry] };
  const nest = await NestFactory.create<NestFastifyApplication>(root, new FastifyAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
  });
  nest.connectMicroservice({
    strategy: new KafkaEventStrategy({
      ...{ kafka, catalogue, logger, health, onFatal, groupPrefix },
      onInvalid: onInvalid && refuseTraced(tracing, onInvalid),
      aroundHandling: handleTraced(tracing, groupPrefix),
      inbox: transactionalInbox(pool),
      deadLetters: producer,
    }),
  });
  await relay.start();
  await nest.startAllMicroservices();
  await nest.listen(port, options.config.SLIPWAY_HTTP_HOST);
  const httpUrl = await nest.getUrl();
  logger.info({ httpUrl }, `${options.app} is ready`);
  return { httpUrl, close: () => nest.close() };
}
