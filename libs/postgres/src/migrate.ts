import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { MigrationError } from './errors.js';
import { packagePath } from './package-path.js';
import { grantPublished, type Published } from './publish.js';
import { transaction, type Pool, type Transaction } from './pool.js';

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
}

/**
 * Brings a schema up to date in one transaction; creates it first. Replicas that start together wait for each other
 * on an advisory lock. Throws MigrationError when an applied file is missing: the code is older than the database.
 */
export async function migrate(pool: Pool, { schema, sets, publishes = {} }: Migration): Promise<void> {
  checkSchemaName(schema);
  await transaction(pool, async (tx) => {
    await tx.query(`SELECT pg_advisory_xact_lock(hashtextextended($1, 0))`, [`slipway.migrate.${schema}`]);
    await createSchema(tx, schema);
    await tx.query(`SET LOCAL search_path TO ${schema}, public`);
    await tx.query(
      `CREATE TABLE IF NOT EXISTS migrations (set_name text, file text, applied_at timestamptz NOT NULL DEFAULT now(),
       PRIMARY KEY (set_name, file))`,
    );
    for (const set of sets) await applySet(tx, set);
    await grantPublished(tx, { schema, readers: publishes });
  });
}

/** Not by IF NOT EXISTS, which needs the right to create schemas even where this one is there: an app's role lacks it. */
async function createSchema(tx: Transaction, schema: string): Promise<void> {
  const { rowCount } = await tx.query('SELECT FROM pg_namespace WHERE nspname = $1', [schema]);
  if (rowCount === 0) await tx.query(`CREATE SCHEMA ${schema}`);
}

async function applySet(tx: Transaction, set: MigrationSet): Promise<void> {
  const files = (await readdir(set.directory)).filter((file) => file.endsWith('.sql')).sort();
  const { rows } = await tx.query<{ file: string }>('SELECT file FROM migrations WHERE set_name = $1', [
    set.name,
  ]);
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
  for (const file of files.filter((name) => !applied.has(name))) {
    await tx.query(await readFile(join(set.directory, file), 'utf8'));
    await tx.query('INSERT INTO migrations (set_name, file) VALUES ($1, $2)', [set.name, file]);
  }
}
