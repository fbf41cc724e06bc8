import { randomBytes } from 'node:crypto';
import {
  createPool,
  databaseFacts,
  DatabaseClock,
  DatabaseStartError,
  Listener,
  messagingTables,
  migrate,
  MigrationBlockedError,
  MigrationError,
  missingOf,
  type MigrationSet,
  type Pool,
  type Published,
} from '#libs/postgres';
import { type Logger, withinTrace } from '#libs/telemetry';
import { databaseAddresses, type DatabaseAddresses, type DatabaseConfig } from './database-config.js';
import { routesOf } from './database-routes.js';
import { inTurn } from './in-turn.js';
import { said } from './said.js';

export interface DatabaseOptions {
  /** Both stand in the names of its connections. */
  readonly app: string;
  readonly replica: string;
  /** Its own schema. */
  readonly schema: string;
  /** Besides the messaging tables, which every app has. */
  readonly migrations: readonly MigrationSet[];
  /** Views of its schema that other apps may read. */
  readonly publishes?: Published['readers'];
  readonly config: DatabaseConfig;
}

/** The connections of one app to its database. */
export interface Database {
  /** For statements and transactions. Through a pooler, the next one may reach another session. */
  readonly pool: Pool;
  /** Whose connections keep their sessions: for session locks. The same pool, where no direct URL is named. */
  readonly sessions: Pool;
  readonly listener: Listener;
  readonly clock: DatabaseClock;
  close(): Promise<void>;
}

/** One for the outbox's relay; the others are held while a chore runs. */
const SESSIONS = 4;

/** Connects, checks what the app needs, and brings its schema up to date. Throws what is wrong in a line each. */
export async function openDatabase(options: DatabaseOptions, logger: Logger): Promise<Database> {
  const addresses = databaseAddresses(options.config);
  const { shared, direct } = addresses;
  const routes = await routesOf(addresses);
  // Not of the request, if any, for which the connection was once opened.
  const onIdleError = (err: Error): void =>
    withinTrace(undefined, () => logger.warn({ err }, 'an idle database connection was lost'));
  const { schema, app, replica } = options;
  const common = { schema, applicationName: `${app}/${replica}`, onIdleError };
  const pool = createPool({ ...common, ...shared, route: routes.shared });
  const sessions =
    direct === undefined ? pool : createPool({ ...common, ...direct, route: routes.direct, max: SESSIONS });
  const listener = new Listener({
    ...(direct ?? shared),
    onError: (err) => logger.warn({ err }, 'LISTEN was lost'),
  });
  const clock = new DatabaseClock(pool, (err) => logger.warn({ err }, 'the database did not tell the time'));
  const close = (): Promise<void> =>
    inTurn([
      () => Promise.resolve(clock.stop()),
      () => listener.stop(),
      () => pool.end(),
      () => (sessions === pool ? Promise.resolve() : sessions.end()),
    ]);
  try {
    await prepare({ pool, sessions }, options, addresses);
    await Promise.all([listener.start(), clock.start()]);
  } catch (error) {
    await close().catch(() => undefined);
    throw error;
  }
  return { pool, sessions, listener, clock, close };
}

async function prepare(
  { pool, sessions }: Pick<Database, 'pool' | 'sessions'>,
  { schema, migrations, publishes }: DatabaseOptions,
  { shared: { variable }, direct }: DatabaseAddresses,
): Promise<void> {
  if (direct !== undefined) await beSame(pool, sessions, [variable, direct.variable]);
  const missing = missingOf(await databaseFacts(sessions, schema), schema);
  if (missing.length > 0)
    throw new DatabaseStartError(
      'DATABASE_INCOMPLETE',
      missing.map((line) => `${variable}: ${line}.`).join('\n'),
    );
  try {
    await migrate(sessions, { schema, sets: [messagingTables, ...migrations], publishes });
  } catch (cause) {
    if (cause instanceof MigrationError || cause instanceof MigrationBlockedError) throw cause;
    const text = `${variable}: the schema ${schema} cannot be brought up to date: ${said(cause)}`;
    throw new DatabaseStartError('DATABASE_INCOMPLETE', text, { cause });
  }
}

/** A lock that is taken by one URL must be seen by the other, and what one makes must belong to the other. */
async function beSame(pool: Pool, sessions: Pool, [first, second]: readonly [string, string]): Promise<void> {
  const key = randomBytes(4).readInt32BE();
  const session = await sessions.connect();
  try {
    await session.query('SELECT pg_advisory_lock($1)', [key]);
    const asked = 'SELECT pg_try_advisory_xact_lock($1) AS "isFree", current_user AS role';
    const { rows } = await pool.query<{ isFree: boolean; role: string }>(asked, [key]);
    const own = await session.query<{ role: string }>('SELECT current_user AS role');
    if (rows[0]?.isFree !== false)
      throw new DatabaseStartError('DATABASE_POOLER', `${second} names another database than ${first}.`);
    if (rows[0].role !== own.rows[0]?.role)
      throw new DatabaseStartError(
        'DATABASE_POOLER',
        `${second} names another role than ${first}: ${own.rows[0]?.role} is not ${rows[0].role}.`,
      );
  } finally {
    session.release(true);
  }
}
