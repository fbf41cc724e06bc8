import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import { openRuntime, type RunningApp, serve } from '#libs/runtime';
import { createHosts } from './hosts/wire.js';
import { rescalerConfigSchema } from './rescaler.config.js';
import { RescalerModule } from './rescaler.module.js';

/** Starts a rescaler: it decides what the limits of containers should be, and asks agents for them. */
export async function startRescaler(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(rescalerConfigSchema, env);
  const app = 'rescaler';
  const replica = config.RESCALER_REPLICA;
  const runtime = await openRuntime({ app, replica, ...appTables[app], config });
  const holding = createHosts({ runtime, replica, onSecond: () => undefined, onLost: () => undefined });
  const module = RescalerModule.register({ tokens: tokensOf(config) });
  const running = await serve(runtime, {
    ...{ module, port: config.RESCALER_HTTP_PORT },
    drain: () => holding.stop(),
  });
  await holding.start().catch(async (error: unknown) => {
    await running.close();
    throw error;
  });
  return running;
}
