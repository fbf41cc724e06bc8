import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { MigrationBlockedError, MigrationError } from './errors.js';
import { packagePath } from './package-path.js';
import { grantPublished, type Published } from './publish.js';
import { transactionIn, type Pool, type Transaction } from './pool.js';

/** A folder of forward migrations, `0001_what.sql`, `0002_...`; applied in the order of their names. */
export interface MigrationSet {
  readonly name: string;
  readonly directory: string;
}

const own = (name: string): MigrationSet => ({
  name,
  directory: packagePath(`libs/postgres/migrations/${name}`),
});

/** inbox, outbox */
export const messagingTables = own('messaging');
/** events */
export const eventTables = own('events');
/** work */
export const workTables = own('work');

/** Schema names come from code, never from input; this keeps it so. */
const SCHEMA = /^[a-z][a-z0-9_]{0,62}$/;

/** Throws MigrationError. */
export function checkSchemaName(schema: string): void {
  if (SCHEMA.test(schema)) return;
  const message = `schema ${JSON.stringify(schema)} must match ${SCHEMA.source}`;
  throw new MigrationError('SCHEMA_NAME_INVALID', message, 'Use a lower-case name.', { schema });
}

export interface Migration {
  readonly schema: string;
  readonly sets: readonly MigrationSet[];
  /** Views of this schema that other apps may read. */
  readonly publishes?: Published['readers'];
  readonly patience?: Patience;
}

/** How long a migration waits for the lock of a table. */
export interface Patience {
  /** Every statement on the table queues behind one that waits, so this is how long apps may stand still. */
  readonly lockMs: number;
  /** Between tries, so that what queued goes on. */
  readonly pauseMs: number;
  readonly tries: number;
}

const PATIENCE: Patience = { lockMs: 3_000, pauseMs: 1_000, tries: 10 };

/**
 * Brings a schema up to date; creates it first. Replicas that start together wait for each other on an advisory lock.
 * Each file is a transaction of its own, so that it holds the locks of its tables only, and what was applied stays.
 * Throws MigrationError when an applied file is missing: the code is older than the database. Throws
 * MigrationBlockedError when a table could not be locked.
 * @param sessions a pool whose connections keep their sessions
 */
export async function migrate(sessions: Pool, migration: Migration): Promise<void> {
  const { schema, sets, publishes = {}, patience = PATIENCE } = migration;
  checkSchemaName(schema);
  const lock = [`slipway.migrate.${schema}`];
  const session = await sessions.connect();
  try {
    await session.query('SELECT pg_advisory_lock(hashtextextended($1, 0))', lock);
    await transactionIn(session, (tx) => prepare(tx, schema));
    const files: MigrationFile[] = [];
    for (const set of sets) files.push(...(await unapplied(session, schema, set)));
    for (const file of files) await applyPatiently(session, { schema, file, patience });
    await transactionIn(session, (tx) => grantPublished(tx, { schema, readers: publishes }));
  } finally {
    const unlocked = await session.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', lock).then(
      () => true,
      () => false,
    );
    // The lock ends with the session at the latest.
    session.release(!unlocked);
  }
}

async function prepare(tx: Transaction, schema: string): Promise<void> {
  await createSchema(tx, schema);
  await tx.query(
    `CREATE TABLE IF NOT EXISTS ${schema}.migrations (set_name text, file text,
     applied_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (set_name, file))`,
  );
}

/** Not by IF NOT EXISTS, which needs the right to create schemas even where this one is there: an app's role lacks it. */
async function createSchema(tx: Transaction, schema: string): Promise<void> {
  const { rowCount } = await tx.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await tx.query(`CREATE SCHEMA ${schema}`);
}

interface MigrationFile {
  readonly set: MigrationSet;
  readonly name: string;
}

async function unapplied(
  session: Transaction,
  schema: string,
  set: MigrationSet,
): Promise<readonly MigrationFile[]> {
  const files = (await readdir(set.directory)).filter((file) => file.endsWith('.sql')).sort();
  const { rows } = await session.query<{ file: string }>(
    `SELECT file FROM ${schema}.migrations WHERE set_name = $1`,
    [set.name],
  );
  const applied = new Set(rows.map((row) => row.file));
  const unknown = [...applied].filter((file) => !files.includes(file));
  if (unknown.length > 0) {
    const names = unknown.join(', ');
    const message = `The database has migrations of ${set.name} that this version does not know: ${names}.`;
    throw new MigrationError('DATABASE_IS_NEWER', message, 'Start a newer version.', {
      set: set.name,
      files: names,
    });
  }
  return files.filter((name) => !applied.has(name)).map((name) => ({ set, name }));
}

interface Application {
  readonly schema: string;
  readonly file: MigrationFile;
  readonly patience: Patience;
}

/** lock_not_available, deadlock_detected */
const BLOCKED = new Set(['55P03', '40P01']);

async function applyPatiently(session: Transaction, application: Application): Promise<void> {
  const { schema, file, patience } = application;
  for (let tried = 1; ; tried += 1) {
    try {
      await transactionIn(session, (tx) => apply(tx, application));
      return;
    } catch (cause) {
      if (!BLOCKED.has((cause as { readonly code?: string }).code ?? '')) throw cause;
      if (tried < patience.tries) {
        await delay(patience.pauseMs);
        continue;
      }
      const holders = await lockHolders(session, schema);
      const tries = `${tried} tries of ${patience.lockMs} ms`;
      throw new MigrationBlockedError(`${file.set.name}/${file.name}`, tries, holders, { cause });
    }
  }
}

async function apply(tx: Transaction, { schema, file: { set, name }, patience }: Application): Promise<void> {
  await tx.query(`SET LOCAL lock_timeout = ${patience.lockMs}`);
  await tx.query(`SET LOCAL search_path TO ${schema}, public`);
  await tx.query(await readFile(join(set.directory, name), 'utf8'));
  await tx.query('INSERT INTO migrations (set_name, file) VALUES ($1, $2)', [set.name, name]);
}

/** A name is missing where the session is of a role whose activity this one must not see. */
const HOLDERS = `
  SELECT format('process %s%s locks %s', l.pid, ' of ' || nullif(a.application_name, ''),
                string_agg(DISTINCT c.relname, ', ')) AS holder
  FROM pg_locks l JOIN pg_class c ON c.oid = l.relation LEFT JOIN pg_stat_activity a ON a.pid = l.pid
  WHERE l.granted AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relnamespace = $1::regnamespace AND l.pid <> pg_backend_pid()
  GROUP BY l.pid, a.application_name ORDER BY l.pid`;

async function lockHolders(session: Transaction, schema: string): Promise<readonly string[]> {
  const { rows } = await session.query<{ holder: string }>(HOLDERS, [schema]);
  return rows.map(({ holder }) => holder);
}
