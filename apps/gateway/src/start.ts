import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import {
  type BareRuntime,
  type DatabaseRuntime,
  openBareRuntime,
  openDatabaseRuntime,
  type RunningApp,
  serveHttp,
} from '#libs/runtime';
import type { TrafficFigures } from './balancing/show-traffic.js';
import { createBalancing } from './balancing/wire.js';
import type { CertificateList } from './certificates/ports.js';
import { type Certificates, openCertificates } from './certificates/wire.js';
import { openDataPlane } from './data-plane/wire.js';
import { databaseOf, feedOf, folderOf, type GatewayConfig, gatewayConfigSchema } from './gateway.config.js';
import { createFigures } from './figures/wire.js';
import { GatewayModule } from './gateway.module.js';
import { createTraffic, feedUpstream, registryUpstream, type Upstream } from './traffic/wire.js';

/** Starts a gateway: HAProxy carries requests to instances, by what the registry or a load balancer's feed says. */
export async function startGateway(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(gatewayConfigSchema, env);
  const opened = await open(config);
  const carrying = createCarrying(opened, config);
  const running = await serveHttp(opened.runtime, {
    module: GatewayModule.register({
      traffic: () => carrying.figures,
      certificates: carrying,
      tokens: tokensOf(config),
    }),
    port: config.GATEWAY_HTTP_PORT,
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
  readonly runtime: BareRuntime;
  readonly upstream: Upstream;
  /** None with a feed. */
  readonly database?: DatabaseRuntime;
}

async function open(config: GatewayConfig): Promise<Opened> {
  const app = 'gateway';
  const replica = config.GATEWAY_REPLICA;
  const feed = feedOf(config);
  if (feed !== undefined) {
    const runtime = await openBareRuntime({ app, replica, config });
    return { runtime, upstream: feedUpstream(runtime, replica, feed) };
  }
  const database = await openDatabaseRuntime({ app, replica, ...appTables[app], config: databaseOf(config) });
  return { runtime: database, database, upstream: registryUpstream(database, replica) };
}

interface Carrying extends CertificateList {
  /** Once it has started. */
  readonly figures: TrafficFigures | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Nothing where the gateway is to listen nowhere. */
function createCarrying({ runtime, upstream, database }: Opened, config: GatewayConfig): Carrying {
  const { GATEWAY_LISTEN: listen, GATEWAY_LEAVE_HAPROXY: leave } = config;
  const stops: (() => Promise<void>)[] = [];
  let figures: TrafficFigures | undefined;
  let certificates: Certificates | undefined;
  return {
    get figures() {
      return figures;
    },
    list: async () => (await certificates?.list()) ?? [],
    async start() {
      if (listen === undefined) {
        runtime.logger.info('GATEWAY_LISTEN is not set: this gateway carries no requests');
        return;
      }
      certificates = await openCertificates({ ...runtime, database }, config, folderOf(config, listen.port));
      const plane = await openDataPlane(runtime, config, listen, certificates?.challengePort);
      stops.push(() => plane.close({ leave }));
      const { scores, overrides, reporting } = upstream;
      const balancing = createBalancing({ runtime, plane, config, scores, overrides });
      figures = balancing;
      const telling = createFigures({
        runtime,
        plane,
        balancing,
        reporting,
        config,
        now: () => upstream.now(),
      });
      const carried = certificates?.over(balancing.plane, plane) ?? balancing.plane;
      stops.unshift(
        async () => certificates?.stop(),
        () => balancing.stop(),
        () => telling.stop(),
      );
      await certificates?.start();
      const traffic = createTraffic({ runtime, upstream, plane: carried, config });
      stops.unshift(() => traffic.stop({ leave }));
      balancing.start();
      telling.start();
      await traffic.start();
    },
    async stop() {
      for (const stop of stops) await stop();
    },
  };
}
