import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import { openRuntime, type RunningApp, serve } from '#libs/runtime';
import {
  oldDecisions,
  PostgresDecisions,
  PostgresDecisionView,
} from './decisions/adapters/postgres-decisions.js';
import { createBudget } from './budget/wire.js';
import { createHistory } from './history/wire.js';
import { createLearning } from './learning/wire.js';
import { rescalerConfigSchema } from './rescaler.config.js';
import { RescalerModule } from './rescaler.module.js';
import { createRescaling } from './rescaling/wire.js';
import { createSettings } from './settings/wire.js';
import { createStructures } from './structures/wire.js';

/** Starts a rescaler: it decides what the limits of containers should be, and asks agents for them. */
export async function startRescaler(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(rescalerConfigSchema, env);
  const app = 'rescaler';
  const replica = config.RESCALER_REPLICA;
  const runtime = await openRuntime({ app, replica, ...appTables[app], config });
  const { pool, listener, logger } = runtime;
  const features = config.RESCALER_FEATURES;
  const structures = createStructures({ pool, listener, logger });
  const settings = createSettings(runtime);
  const parts = { runtime, replica, features };
  const budget = createBudget({
    ...{ runtime, said: structures.said, hosts: structures.hosts },
    isOn: () => features.includes('budget') && settings.followed.current.active.budget,
  });
  const rescaling = createRescaling({
    ...{ said: structures.said, accounts: budget.accounts },
    ...{ ...parts, structures: structures.known, settings: settings.followed, states: structures.hosts },
    recordOf: (holder) => new PostgresDecisions({ pool, outbox: runtime.outbox, holder }),
  });
  const history = createHistory({
    ...{ runtime, keepDays: config.RESCALER_FIGURES_DAYS },
    hosts: () => rescaling.hosts.known(),
    settings() {
      const { version, active } = settings.followed.current;
      return features.includes('history') && active.history ? version : undefined;
    },
  });
  const learning = createLearning({
    ...{ runtime, structures: structures.known },
    isOn: () => features.includes('history') && settings.followed.current.isLearning,
  });
  const module = RescalerModule.register({
    ...{ record: structures.record, hosts: structures.hosts, services: structures.services },
    ...{ settings: settings.record, decisions: new PostgresDecisionView(pool), tokens: tokensOf(config) },
    accounts: budget.accounts,
  });
  const running = await serve(runtime, {
    ...{ module, port: config.RESCALER_HTTP_PORT, oldRows: [oldDecisions(config.RESCALER_DECISIONS_DAYS)] },
    async drain() {
      await Promise.all([rescaling, learning, budget].map((one) => one.stop()));
      await Promise.all([history, settings, structures].map((one) => one.stop()));
    },
  });
  try {
    await Promise.all([history, settings, structures].map((one) => one.start()));
    // Once it knows what is wanted.
    await rescaling.start();
    learning.start();
    budget.start();
  } catch (error) {
    await running.close();
    throw error;
  }
  return running;
}
