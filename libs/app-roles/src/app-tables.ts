import { eventTables, type MigrationSet, packagePath, workTables } from '#libs/postgres';
import { CARRIER_SCHEMA, trafficTables } from '#libs/registry-client';
import { type AppName, appSchemas, registryReaders } from './app-schemas.js';

/** What an app keeps in Postgres, besides the tables of messaging, which every app has. */
export interface AppTables {
  readonly schema: string;
  /** In the order in which they are applied. */
  readonly migrations: readonly MigrationSet[];
  /** Which of its views other apps may read, by their schema. */
  readonly publishes?: Readonly<Record<string, readonly string[]>>;
}

const own = (app: AppName, name: string = app): MigrationSet => ({
  name,
  directory: packagePath(`apps/${app}/migrations`),
});

/** By the app's name; an app at its start and the tests of it take them from here. */
export const appTables: Readonly<Record<AppName, AppTables>> = {
  agent: {
    schema: appSchemas.agent,
    migrations: [own('agent')],
  },
  deployer: {
    schema: appSchemas.deployer,
    migrations: [eventTables, workTables, own('deployer')],
  },
  // The deployer waits for its leases.
  gateway: {
    schema: CARRIER_SCHEMA,
    migrations: [trafficTables, own('gateway')],
    publishes: { [appSchemas.deployer]: ['carriers'], [appSchemas['load-balancer']]: ['figures'] },
  },
  // Among others the leases of the gateways that follow its feed.
  'load-balancer': {
    schema: appSchemas['load-balancer'],
    migrations: [own('load-balancer'), trafficTables],
    publishes: {
      [appSchemas.deployer]: ['carriers'],
      [appSchemas.gateway]: ['current_scores', 'traffic_overrides'],
    },
  },
  'node-manager': {
    schema: appSchemas['node-manager'],
    migrations: [own('node-manager', 'registry')],
    publishes: registryReaders,
  },
  rescaler: {
    schema: appSchemas.rescaler,
    migrations: [own('rescaler')],
  },
};
