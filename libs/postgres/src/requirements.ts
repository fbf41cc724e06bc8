import pg from 'pg';
import type { Transaction } from './pool.js';

/** Older versions are maintained no longer. */
const OLDEST = 14;

/** What an app needs of its database, as its role sees it. */
export interface DatabaseFacts {
  /** 140005 for 14.5 */
  readonly version: number;
  readonly encoding: string;
  readonly isStandby: boolean;
  readonly role: string;
  readonly database: string;
  readonly hasLanguage: boolean;
  readonly mayCreateSchemas: boolean;
  readonly hasSchema: boolean;
  readonly mayUseSchema: boolean;
  /** Whom the schema belongs to; empty where it is missing. */
  readonly schemaOwner: string;
  /** Other schemas that belong to the role. */
  readonly ownSchemas: readonly string[];
  /** Tables and views of the schema that the role may not use as their owner does. */
  readonly closed: readonly string[];
}

const FACTS = `
  SELECT current_setting('server_version_num')::integer AS version,
         current_setting('server_encoding') AS encoding,
         pg_is_in_recovery() AS "isStandby",
         current_user AS role, current_database() AS database,
         EXISTS (SELECT FROM pg_language WHERE lanname = 'plpgsql' AND has_language_privilege(oid, 'USAGE')) AS "hasLanguage",
         has_database_privilege(current_database(), 'CREATE') AS "mayCreateSchemas",
         s.oid IS NOT NULL AS "hasSchema",
         coalesce(has_schema_privilege(s.oid, 'USAGE') AND has_schema_privilege(s.oid, 'CREATE'), false) AS "mayUseSchema",
         coalesce(pg_get_userbyid(s.nspowner)::text, '') AS "schemaOwner",
         ARRAY(SELECT n.nspname::text FROM pg_namespace n
               WHERE pg_get_userbyid(n.nspowner) = current_user AND n.nspname <> $1 AND n.nspname !~ '^pg_'
               ORDER BY 1) AS "ownSchemas",
         ARRAY(SELECT c.relname::text FROM pg_class c
               WHERE c.relnamespace = s.oid AND c.relkind IN ('r', 'p')
                 AND NOT (has_table_privilege(c.oid, 'SELECT') AND has_table_privilege(c.oid, 'INSERT')
                          AND has_table_privilege(c.oid, 'UPDATE') AND has_table_privilege(c.oid, 'DELETE'))
               ORDER BY 1) AS closed
  FROM (SELECT) one LEFT JOIN pg_namespace s ON s.nspname = $1`;

export async function databaseFacts(session: Transaction, schema: string): Promise<DatabaseFacts> {
  const { rows } = await session.query<DatabaseFacts>(FACTS, [schema]);
  return rows[0] as DatabaseFacts;
}

/** What is missing, a line each: the thing, and the statement that mends it. */
export function missingOf(facts: DatabaseFacts, schema: string): readonly string[] {
  const { role, database } = facts;
  const [owner, base] = [pg.escapeIdentifier(role), pg.escapeIdentifier(database)];
  const problems: readonly (readonly [boolean, string])[] = [
    [
      Math.trunc(facts.version / 10_000) < OLDEST,
      `Postgres ${versionText(facts.version)} is too old: install ${OLDEST} or newer`,
    ],
    [facts.isStandby, 'the server is a standby, which stores nothing: name the primary in the URL'],
    [
      facts.encoding !== 'UTF8',
      `the database ${database} has the encoding ${facts.encoding}: CREATE DATABASE ${base} ENCODING 'UTF8' TEMPLATE template0`,
    ],
    [!facts.hasLanguage, `the extension plpgsql is missing: as an administrator, CREATE EXTENSION plpgsql`],
    [
      !facts.hasSchema && !facts.mayCreateSchemas,
      `the schema ${schema} is missing, and the role ${role} may not create it: as an administrator, CREATE SCHEMA ${schema} AUTHORIZATION ${owner}`,
    ],
    [facts.hasSchema && !facts.mayUseSchema, schemaText(facts, schema)],
    [facts.mayUseSchema && facts.closed.length > 0, closedText(facts, schema)],
  ];
  return problems.flatMap(([applies, text]) => (applies ? [text] : []));
}

/** URLs that were mixed up are likelier than a role without rights, and a schema that is handed over opens a wall. */
function schemaText({ role, schemaOwner, ownSchemas }: DatabaseFacts, schema: string): string {
  const mixedUp =
    ownSchemas.length === 0
      ? ''
      : ` ${role} has the schema ${ownSchemas.join(', ')}: is this the URL of another app? If not,`;
  return `the role ${role} may not use the schema ${schema}, which belongs to ${schemaOwner}:${mixedUp} as its owner, ALTER SCHEMA ${schema} OWNER TO ${pg.escapeIdentifier(role)}`;
}

const versionText = (version: number): string => `${Math.trunc(version / 10_000)}.${version % 10_000}`;

function closedText({ role, closed }: DatabaseFacts, schema: string): string {
  const [first = '', ...others] = closed;
  const more = others.length === 0 ? '' : ` and ${others.length} more`;
  return `the role ${role} may not use ${schema}.${first}${more}: as the owner, ALTER TABLE ${schema}.${pg.escapeIdentifier(first)} OWNER TO ${pg.escapeIdentifier(role)}, or run npm run database-roles, which moves all`;
}
