/** The schema that each app owns, by the app's name. */
export const appSchemas = {
  agent: 'agent',
  deployer: 'deployer',
  gateway: 'gateway',
  'load-balancer': 'load_balancer',
  'node-manager': 'registry',
  rescaler: 'rescaler',
} as const;

export type AppName = keyof typeof appSchemas;

export const appNames = Object.keys(appSchemas) as readonly AppName[];

const upper = (app: AppName): string => app.toUpperCase().replaceAll('-', '_');

/** The variable that holds the URL of an app's database: `load-balancer` -> `LOAD_BALANCER_DATABASE_URL`. */
export const databaseVariable = (app: AppName): string => `${upper(app)}_DATABASE_URL`;

/** The variable that says at which port an app serves HTTP. */
export const httpPortVariable = (app: AppName): string => `${upper(app)}_HTTP_PORT`;

/** The variable by which others know the URL of an app's HTTP; the node manager's is older than the others'. */
export const httpUrlVariable = (app: AppName): string =>
  app === 'node-manager' ? 'SLIPWAY_API_URL' : `SLIPWAY_${upper(app)}_URL`;

const VIEWS = ['nodes', 'services', 'instances', 'instance_events', 'changes', 'revision'];

/**
 * Which views of the registry an app may read, by its schema. Logins are for the app that seals them to the deployer, and
 * for the one that watches nodes.
 */
export const registryReaders: Readonly<Record<string, readonly string[]>> = {
  [appSchemas.agent]: ['nodes', 'node_logins', 'services'],
  [appSchemas.deployer]: VIEWS,
  [appSchemas.gateway]: ['nodes', 'services', 'instances', 'changes', 'revision'],
  [appSchemas['load-balancer']]: [...VIEWS, 'node_logins'],
  [appSchemas.rescaler]: ['nodes', 'services', 'instances', 'changes', 'revision'],
};
