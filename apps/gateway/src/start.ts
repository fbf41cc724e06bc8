import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import { openRuntime, type RunningApp, type Runtime, serve } from '#libs/runtime';
import type { TrafficFigures } from './balancing/show-traffic.js';
import { createBalancing } from './balancing/wire.js';
import { openDataPlane } from './data-plane/wire.js';
import { type GatewayConfig, gatewayConfigSchema } from './gateway.config.js';
import { GatewayModule } from './gateway.module.js';
import { createTraffic } from './traffic/wire.js';

/** Starts a gateway: HAProxy carries requests to instances, by what the registry says. */
export async function startGateway(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(gatewayConfigSchema, env);
  const app = 'gateway';
  const runtime = await openRuntime({ app, replica: config.GATEWAY_REPLICA, ...appTables[app], config });
  const carrying = createCarrying(runtime, config);
  const running = await serve(runtime, {
    module: GatewayModule.register({ traffic: () => carrying.figures, tokens: tokensOf(config) }),
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

interface Carrying {
  /** Once it has started. */
  readonly figures: TrafficFigures | undefined;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Nothing where the gateway is to listen nowhere. */
function createCarrying(runtime: Runtime, config: GatewayConfig): Carrying {
  const { GATEWAY_LISTEN: listen, GATEWAY_LEAVE_HAPROXY: leave } = config;
  const stops: (() => Promise<void>)[] = [];
  let figures: TrafficFigures | undefined;
  return {
    get figures() {
      return figures;
    },
    async start() {
      if (listen === undefined) {
        runtime.logger.info('GATEWAY_LISTEN is not set: this gateway carries no requests');
        return;
      }
      const plane = await openDataPlane(runtime, config, listen);
      stops.push(() => plane.close({ leave }));
      const balancing = createBalancing({ runtime, plane, config });
      figures = balancing;
      const traffic = createTraffic({ runtime, plane: balancing.plane, config });
      stops.unshift(
        () => balancing.stop(),
        () => traffic.stop({ leave }),
      );
      balancing.start();
      await traffic.start();
    },
    async stop() {
      for (const stop of stops) await stop();
    },
  };
}
