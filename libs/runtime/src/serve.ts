import type { Server } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { DynamicModule } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { catalogue } from '#libs/contracts';
import { AUDIT, auditLog, createHttpAdapter, letPagesRead, setUpHttp } from '#libs/http';
import { type InboxPort, type InvalidMessage, KafkaEventStrategy, type Prove } from '#libs/kafka';
import { handledMessages } from '#libs/postgres';
import { type Health, NestLogger, TelemetryModule } from '#libs/telemetry';
import type { BareRuntime } from './bare-runtime.js';
import { inTurn } from './in-turn.js';
import { createOldRows, type OldRows } from './old-rows.js';
import type { Runtime } from './runtime.js';
import { handleTraced, refuseTraced } from './traced-messages.js';
import { gatheringInbox, type Settle, transactionalInbox } from './transactional-inbox.js';

export interface RunningApp {
  readonly httpUrl: string;
  /** Resolves when the app cannot go on: its process should end, so that its supervisor starts another. */
  readonly failed: Promise<Error>;
  /** Ends it in order: not ready, drained, off Kafka and HTTP, then all that it stood on. */
  close(): Promise<void>;
}

export interface HttpOptions {
  /** The app's controllers, and its consumers where it has some. */
  readonly module: DynamicModule;
  /** 0 takes any free one. */
  readonly port: number;
  /** It serves HTTP before it can do its work: it is said to be ready once its checks say so. */
  readonly isReadyLater?: boolean;
  /** The pages that may read from it in a browser; `*` are all. */
  readonly corsOrigins?: readonly string[];
  /** What it serves besides requests, such as WebSockets. */
  readonly onServer?: (server: Server) => void;
  /** First at the end: brings work that runs to its end. The app is not ready any more, but still answers. */
  readonly drain?: () => Promise<void>;
  /** Last at the end: closes what the app opened besides its runtime. */
  readonly release?: () => Promise<void>;
}

export interface ServeOptions extends HttpOptions {
  /** Told of each message that does not parse, before it goes to the dead letters; told again when it throws. */
  readonly onInvalid?: (invalid: InvalidMessage) => Promise<void>;
  /** Who proves to have sent a message; nobody where it is left out. */
  readonly prove?: Prove;
  /** How many messages of one partition a transaction handles at most. */
  readonly chunkSize?: (topic: string) => number | undefined;
  /** A topic whose partitions share transactions; see `gatheringInbox`. */
  readonly gather?: { readonly topic: string; readonly settle: Settle };
  /** Of the app's own tables; the inbox's are deleted in any case. */
  readonly oldRows?: readonly OldRows[];
}

/**
 * Serves the module's message handlers and its HTTP, with /health, /ready and /metrics; then the outbox flows.
 * When it cannot start, all is closed before it throws: a consumer that vanished without a word would hold up its
 * group, and so every other replica, until its session expires.
 */
export function serve(runtime: Runtime, options: ServeOptions): Promise<RunningApp> {
  const { logger, relay, options: of, pool } = runtime;
  const oldRows = createOldRows({ pool, logger, config: of.config }, [
    handledMessages,
    ...(options.oldRows ?? []),
  ]);
  return running(runtime, options, {
    async start(nest) {
      const failed = new Promise<Error>((onFatal) =>
        nest.connectMicroservice({ strategy: createStrategy(runtime, onFatal, options) }),
      );
      await relay.start();
      await nest.startAllMicroservices();
      return { failed };
    },
    started: () => oldRows.start({ atOnce: true }),
    drain: () => inTurn([async () => options.drain?.(), () => oldRows.stop()]),
  });
}

/** Serves the module's HTTP, with /health, /ready and /metrics, for an app that handles no messages. */
export const serveHttp = (runtime: BareRuntime, options: HttpOptions): Promise<RunningApp> =>
  running(runtime, options, {
    start: () => Promise.resolve({ failed: new Promise<Error>(() => undefined) }),
    started: () => undefined,
    drain: async () => options.drain?.(),
  });

const READY_LOOK_MS = 100;

interface Phases {
  /** Before HTTP is served. Gives what the app fails by. */
  start(nest: NestFastifyApplication): Promise<{ readonly failed: Promise<Error> }>;
  started(): void;
  /** While HTTP is served still. */
  drain(): Promise<void>;
}

async function running(
  runtime: BareRuntime,
  { module, port, corsOrigins = [], onServer, release, isReadyLater = false }: HttpOptions,
  phases: Phases,
): Promise<RunningApp> {
  const { logger, health, options } = runtime;
  const nest = await createNest(runtime, module);
  letPagesRead(nest, corsOrigins);
  let ending = false;
  keepNoConnectionWhen(nest, () => ending);
  onServer?.(nest.getHttpServer() as Server);
  const close = async (): Promise<void> => {
    ending = true;
    health.failReadiness('the process is ending');
    await inTurn([() => phases.drain(), () => nest.close(), async () => release?.(), () => runtime.close()]);
  };
  const begin = async (): Promise<{ readonly failed: Promise<Error> }> => {
    const started = await phases.start(nest);
    await nest.listen(port, options.config.SLIPWAY_HTTP_HOST);
    return started;
  };
  const { failed } = await begin().catch(async (error: unknown) => {
    await close().catch((err: unknown) => logger.warn({ err }, 'what had started did not end well'));
    throw error;
  });
  phases.started();
  const httpUrl = await nest.getUrl();
  const sayReady = (): void => logger.info({ httpUrl }, `${options.app} is ready`);
  if (isReadyLater) {
    logger.info({ httpUrl }, `${options.app} has started`);
    void untilReady(health, () => ending).then((isReady) => isReady && sayReady());
  } else sayReady();
  return { httpUrl, failed, close };
}

/** False where it ends before. */
async function untilReady(health: Health, isEnding: () => boolean): Promise<boolean> {
  while (!isEnding()) {
    if ((await health.readiness()).ready) return true;
    await delay(READY_LOOK_MS);
  }
  return false;
}

async function createNest(
  { logger, health, metrics }: BareRuntime,
  module: DynamicModule,
): Promise<NestFastifyApplication> {
  const telemetry = TelemetryModule.forRoot({ health, metrics });
  const root: DynamicModule = {
    ...module,
    imports: [...(module.imports ?? []), telemetry],
    providers: [...(module.providers ?? []), { provide: AUDIT, useValue: auditLog(logger) }],
  };
  const nest = await NestFactory.create<NestFastifyApplication>(root, createHttpAdapter(), {
    logger: new NestLogger(logger),
    abortOnError: false,
    bodyParser: false,
  });
  return setUpHttp(nest, logger);
}

/** A kept connection that was busy when its server closed would hold the end up until it had been idle for long. */
function keepNoConnectionWhen(nest: NestFastifyApplication, ending: () => boolean): void {
  const server = nest.getHttpAdapter().getInstance();
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (ending()) reply.header('connection', 'close');
    done(null, payload);
  });
}

function createStrategy(
  { kafka, logger, health, tracing, options, pool, producer }: Runtime,
  onFatal: (error: Error) => void,
  { onInvalid, prove, chunkSize, gather }: ServeOptions,
): KafkaEventStrategy {
  const groupPrefix = `slipway.${options.app}`;
  const inbox = transactionalInbox(pool);
  const gathering = gather && gatheringInbox(pool, gather.settle);
  const isGathered = (consumer: string): boolean => consumer === `${groupPrefix}.${gather?.topic}`;
  const inboxOf = (consumer: string): InboxPort => (isGathered(consumer) ? gathering : undefined) ?? inbox;
  return new KafkaEventStrategy({
    ...{ kafka, catalogue, logger, health, onFatal, groupPrefix, prove, chunkSize },
    onInvalid: onInvalid && refuseTraced(tracing, onInvalid),
    aroundHandling: handleTraced(tracing, groupPrefix),
    inbox: { run: (consumer, ...rest) => inboxOf(consumer).run(consumer, ...rest) },
    deadLetters: producer,
  });
}
