/** The schema that each app owns, by the app's name. */
export const appSchemas = {
  deployer: 'deployer',
  'load-balancer': 'load_balancer',
  'node-manager': 'registry',
} as const;

export type AppName = keyof typeof appSchemas;

/** The variable that holds an app's own URL: `load-balancer` -> `LOAD_BALANCER_DATABASE_URL`. */
export const databaseVariable = (app: AppName): string =>
  `${app.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;

const VIEWS = ['nodes', 'services', 'instances', 'changes', 'revision'];

/** Which views of the registry an app may read, by its schema. Logins are for the app that seals them to the deployer. */
export const registryReaders: Readonly<Record<string, readonly string[]>> = {
  [appSchemas.deployer]: VIEWS,
  [appSchemas['load-balancer']]: [...VIEWS, 'node_logins'],
};
