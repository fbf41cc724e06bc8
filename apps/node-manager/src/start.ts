import { appTables } from '#libs/app-roles';
import { loadConfig } from '#libs/config';
import { tokensOf } from '#libs/http';
import { CHANGES_CHANNEL } from '#libs/registry-client';
import { openRuntime, renewColumn, type RunningApp, serve } from '#libs/runtime';
import { atRestKeys } from '#libs/secrets';
import { SshPool } from '#libs/ssh';
import { nodeManagerConfigSchema } from './node-manager.config.js';
import { NodeManagerModule } from './node-manager.module.js';
import { settleDrain } from './nodes/adapters/node-changes.js';
import { oldNodeEvents, PostgresNodes, removedNodes } from './nodes/adapters/postgres-nodes.js';
import { SshMachines } from './nodes/adapters/ssh-machines.js';
import {
  endedInstances,
  oldInstanceEvents,
  oldRemovals,
  PostgresRegistry,
} from './registry/adapters/postgres-registry.js';
import { RegistryWatches } from './registry/adapters/registry-watches.js';

/** Starts a node manager: the inventory of nodes, the registry of what runs, and the HTTP that reads both. */
export async function startNodeManager(env?: NodeJS.ProcessEnv): Promise<RunningApp> {
  const config = loadConfig(nodeManagerConfigSchema, env);
  const keys = atRestKeys(config.SLIPWAY_NODE_KEY?.reveal(), config.SLIPWAY_SECRET_KEY?.reveal());
  const replica = config.NODE_MANAGER_REPLICA;
  const app = 'node-manager';
  const runtime = await openRuntime({ app, replica, ...appTables[app], config });
  await renewColumn(runtime, { table: 'node_records', column: 'login_encrypted', keys });
  const openPool = () => new SshPool({ logger: runtime.logger, connectAttempts: 1 });
  const watches = new RegistryWatches({ ...runtime, channel: CHANGES_CHANNEL });
  await watches.start();
  const module = NodeManagerModule.register({
    enrolPorts: {
      machines: new SshMachines(openPool),
      nodes: new PostgresNodes(runtime.pool, keys),
      portRange: { firstPort: config.NODE_FIRST_PORT, lastPort: config.NODE_LAST_PORT },
      architecture: config.NODE_ARCHITECTURE,
    },
    registry: new PostgresRegistry(runtime.pool),
    watches,
    follower: settleDrain,
    tokens: tokensOf(config),
  });
  return serve(runtime, {
    ...{ module, port: config.NODE_MANAGER_HTTP_PORT },
    oldRows: [endedInstances, oldInstanceEvents, oldRemovals, removedNodes, oldNodeEvents],
    drain: () => watches.close(),
  });
}
