import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { openRuntime, type RunningApp, serve } from '#libs/runtime';
import { atRestKeys } from '#libs/secrets';
import { agentConfigSchema } from './agent.config.js';
import { AgentModule } from './agent.module.js';
import { createHolding, holderOf, type Holding } from './leases/wire.js';
import { createLimits, oldLimitRequests } from './limits/wire.js';
import { createMinutes } from './minutes/wire.js';
import { createObservations } from './observations/wire.js';
import { createStates } from './state/wire.js';
import { createWatch } from './watch/wire.js';

/** Starts an agent: watches its share of the nodes, and says what it sees. */
export async function startAgent(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(agentConfigSchema, env);
  const nodeKeys = atRestKeys(config.SLIPWAY_NODE_KEY?.reveal(), config.SLIPWAY_SECRET_KEY?.reveal());
  const app = 'agent';
  const replica = config.AGENT_REPLICA;
  const runtime = await openRuntime({ app, replica, ...appTables[app], config });
  const holder = holderOf(replica);
  const minutes = createMinutes({
    ...{ runtime, holder, keepDays: config.AGENT_MINUTES_DAYS },
    keepTenSecondsDays: config.AGENT_TEN_SECONDS_DAYS,
  });
  const { sender, metrics } = createObservations(runtime);
  const states = createStates({ runtime, holder, isValid: () => holding.keeper.isValid });
  const watching = createWatch({
    ...{ runtime, nodeKeys, localNode: config.AGENT_LOCAL_NODE },
    watchers: {
      observed(second) {
        sender.offer(second);
        for (const one of [metrics, states, minutes]) one.observed(second);
      },
      stateOf: (status) => states.look(status),
    },
    onStopped: (node) => [sender, metrics, states].forEach((one) => one.forget(node)),
    onRemoved: (node) => states.removed(node),
  });
  const limits = createLimits({ runtime, holder, watched: watching, isValid: () => holding.keeper.isValid });
  const holding: Holding = createHolding({ runtime, holder, watching });
  const running = await serve(runtime, {
    module: AgentModule.register({ limits: limits.requests }),
    port: config.AGENT_HTTP_PORT,
    oldRows: [oldLimitRequests],
    async drain() {
      // While the leases are its own still.
      await limits.stop();
      await minutes.stop();
      await holding.stop();
      await sender.stop();
      watching.close();
    },
  });
  try {
    await minutes.start();
    await limits.start();
  } catch (error) {
    await running.close();
    throw error;
  }
  holding.start();
  return running;
}
