import pg from 'pg';
import type { Transaction } from './pool.js';

/** The views of a schema that other apps may read. */
export interface Published {
  readonly schema: string;
  /** By the schema of the app that reads them: its owner is that app's role. */
  readonly readers: Readonly<Record<string, readonly string[]>>;
}

interface Missing {
  readonly role: string;
  readonly view: string;
}

/** A reader without a schema yet, or with the same owner, needs nothing. */
const MISSING = `
  SELECT owner.rolname AS role, format('%I.%I', $1::text, view.relname) AS view
  FROM pg_namespace reader JOIN pg_roles owner ON owner.oid = reader.nspowner,
       pg_class view JOIN pg_namespace own ON own.oid = view.relnamespace
  WHERE reader.nspname = $2 AND own.nspname = $1 AND view.relname = ANY ($3) AND view.relkind = 'v'
    AND NOT (has_schema_privilege(owner.oid, own.oid, 'USAGE') AND has_table_privilege(owner.oid, view.oid, 'SELECT'))`;

/**
 * Lets the owners of the readers' schemas read the views that are meant for them. Run after every migration, since a
 * view may be new, and after roles were made. Where one role owns all, it does nothing.
 */
export async function grantPublished(tx: Transaction, { schema, readers }: Published): Promise<void> {
  for (const [reader, views] of Object.entries(readers)) {
    const { rows } = await tx.query<Missing>(MISSING, [schema, reader, views]);
    for (const { role, view } of rows) {
      const to = pg.escapeIdentifier(role);
      await tx.query(`GRANT USAGE ON SCHEMA ${pg.escapeIdentifier(schema)} TO ${to}`);
      await tx.query(`GRANT SELECT ON ${view} TO ${to}`);
    }
  }
}
