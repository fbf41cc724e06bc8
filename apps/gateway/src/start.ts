import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import { isDatabaseAway } from '#libs/postgres';
import {
  addDatabase,
  type BareRuntime,
  openBareRuntime,
  type RunningApp,
  serveHttp,
  UntilDone,
} from '#libs/runtime';
import { SaidOnce } from '#libs/telemetry';
import type { TrafficFigures } from './balancing/show-traffic.js';
import { NO_OVERRIDES, NO_SCORES, type Overrides, type Scores } from './balancing/ports.js';
import { type Balancing, createBalancing } from './balancing/wire.js';
import type { CertificateList } from './certificates/ports.js';
import { type Certificates, openCertificates } from './certificates/wire.js';
import type { DataPlane } from './data-plane/ports.js';
import { type OpenDataPlane, openDataPlane } from './data-plane/wire.js';
import { databaseOf, feedOf, folderOf, type GatewayConfig, gatewayConfigSchema } from './gateway.config.js';
import { createFigures } from './figures/wire.js';
import { GatewayModule } from './gateway.module.js';
import { createTraffic, feedUpstream, registryUpstream, type Upstream } from './traffic/wire.js';

/** Starts a gateway: HAProxy carries requests to instances, by what the registry or a load balancer's feed says. */
export async function startGateway(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(gatewayConfigSchema, env);
  const runtime = await openBareRuntime({ app: 'gateway', replica: config.GATEWAY_REPLICA, config });
  const carrying = new Carrying(runtime, config);
  const running = await serveHttp(runtime, {
    module: GatewayModule.register({
      traffic: () => carrying.figures,
      certificates: carrying,
      tokens: tokensOf(config),
    }),
    port: config.GATEWAY_HTTP_PORT,
    isReadyLater: true,
    release: () => carrying.stop(),
  });
  try {
    await carrying.start();
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}

interface Opened {
  readonly plane: OpenDataPlane;
  readonly balancing: Balancing;
  /** Told what is to be carried. */
  readonly carried: DataPlane;
}

/**
 * HAProxy first, by what was known last; then whoever says what runs, however long that is away. Nothing is carried where
 * the gateway is to listen nowhere.
 */
class Carrying implements CertificateList {
  /** Once it has started. */
  figures: TrafficFigures | undefined;
  private certificates: Certificates | undefined;
  private opened: Opened | undefined;
  private upstream: Upstream | undefined;
  private readonly said = new SaidOnce();
  private readonly joining = new UntilDone(
    (signal) => this.joinDatabase(signal),
    (error) => this.sayAway(error),
  );
  /** In the order in which they are done. */
  private readonly stops: (() => Promise<unknown>)[] = [() => this.joining.stop()];

  constructor(
    private readonly runtime: BareRuntime,
    private readonly config: GatewayConfig,
  ) {}

  async list() {
    return (await this.certificates?.list()) ?? [];
  }

  async start(): Promise<void> {
    const { runtime, config } = this;
    if (config.GATEWAY_LISTEN === undefined)
      runtime.logger.info('GATEWAY_LISTEN is not set: this gateway carries no requests');
    else await this.openPlane(config.GATEWAY_LISTEN);
    const feed = feedOf(config);
    if (feed !== undefined) return this.follow(feedUpstream(runtime, config.GATEWAY_REPLICA, feed));
    await this.joining.start((error) => this.opened !== undefined && isDatabaseAway(error));
  }

  async stop(): Promise<void> {
    for (const stop of this.stops) await stop();
  }

  private async openPlane(listen: { readonly host: string; readonly port: number }): Promise<void> {
    const { runtime, config } = this;
    const { GATEWAY_LEAVE_HAPROXY: leave } = config;
    const certificates = await openCertificates(runtime, config, folderOf(config, listen.port));
    this.certificates = certificates;
    const plane = await openDataPlane(runtime, config, listen, certificates?.challengePort);
    this.stops.push(() => plane.close({ leave }));
    // Nobody scores instances before it is known what runs.
    const scores: Scores = { current: () => this.upstream?.scores.current() ?? NO_SCORES.current() };
    const overrides: Overrides = {
      current: () => this.upstream?.overrides.current() ?? NO_OVERRIDES.current(),
    };
    const balancing = createBalancing({ runtime, plane, config, scores, overrides });
    this.figures = balancing;
    const carried = certificates?.over(balancing.plane, plane) ?? balancing.plane;
    this.opened = { plane, balancing, carried };
    this.stopsBefore(
      async () => certificates?.stop(),
      () => balancing.stop(),
    );
    await certificates?.start();
    balancing.start();
  }

  private async joinDatabase(signal: AbortSignal): Promise<void> {
    const { runtime, config } = this;
    const app = 'gateway';
    const replica = config.GATEWAY_REPLICA;
    const options = { app, replica, ...appTables[app], config: databaseOf(config) };
    const database = await addDatabase(runtime, options);
    try {
      signal.throwIfAborted();
      await this.certificates?.join(database);
    } catch (error) {
      await database.close();
      throw error;
    }
    this.stops.push(() => database.close());
    await this.follow(registryUpstream(database, replica));
  }

  private async follow(upstream: Upstream): Promise<void> {
    const { runtime, config, opened } = this;
    if (opened === undefined) return;
    this.upstream = upstream;
    const { reporting } = upstream;
    const telling = createFigures({ ...opened, runtime, reporting, config, now: () => upstream.now() });
    const traffic = createTraffic({ runtime, upstream, plane: opened.carried, config });
    this.stopsBefore(
      () => traffic.stop({ leave: config.GATEWAY_LEAVE_HAPROXY }),
      () => telling.stop(),
    );
    telling.start();
    await traffic.start();
  }

  /** After the joining has ended, and before all that was there before. */
  private stopsBefore(...stops: readonly (() => Promise<unknown>)[]): void {
    this.stops.splice(1, 0, ...stops);
  }

  private sayAway(error: unknown): void {
    const { logger, health } = this.runtime;
    const why = error instanceof Error ? error.message : String(error);
    health.register('postgres', () => {
      throw new Error(`${why}; requests are carried by what was known last`);
    });
    if (this.said.isNew(why))
      logger.warn({ why }, 'the database is away: requests are carried by what was known last');
  }
}
