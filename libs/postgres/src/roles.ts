import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto';
import pg from 'pg';
import { DatabaseRoleError } from './errors.js';
import { checkSchemaName } from './migrate.js';
import type { Transaction } from './pool.js';

export interface AppRole {
  readonly schema: string;
  readonly role: string;
  /** A role that exists keeps its password when this is left out; a new one needs it. */
  readonly password?: string;
}

/**
 * Makes each role the owner of its schema and of all that is in it; makes roles and schemas that are missing. It can be
 * run again, and while apps run: each statement is a transaction of its own, so that no two of them can deadlock.
 * The session's user must be a superuser, or own the objects and have CREATEROLE.
 */
export async function provisionRoles(session: Transaction, roles: readonly AppRole[]): Promise<void> {
  roles.forEach(({ schema }) => checkSchemaName(schema));
  // An app's long transaction must not make every other session wait behind this one.
  await session.query(`SET lock_timeout = '10s'`);
  for (const role of roles) {
    await ensureRole(session, role);
    await ensureSchema(session, role);
    await moveOwnership(session, role);
  }
}

export async function roleExists(session: Transaction, role: string): Promise<boolean> {
  const { rowCount } = await session.query('SELECT FROM pg_roles WHERE rolname = $1', [role]);
  return rowCount === 1;
}

async function ensureRole(session: Transaction, { role, password }: AppRole): Promise<void> {
  const name = pg.escapeIdentifier(role);
  const login = password === undefined ? '' : `LOGIN PASSWORD ${pg.escapeLiteral(scramVerifier(password))}`;
  if (await roleExists(session, role)) {
    if (login !== '') await session.query(`ALTER ROLE ${name} ${login}`);
  } else if (login === '') {
    throw new DatabaseRoleError(`The role ${role}`, 'does not exist, and no password was given for it');
  } else {
    await session.query(`CREATE ROLE ${name} ${login}`);
  }
  const { rows } = await session.query<{ isSuperuser: boolean; mayConnect: boolean; database: string }>(
    `SELECT rolsuper AS "isSuperuser", current_database() AS database,
            has_database_privilege($1, current_database(), 'CONNECT') AS "mayConnect"
     FROM pg_roles WHERE rolname = current_user`,
    [role],
  );
  const [{ isSuperuser, mayConnect, database } = { isSuperuser: false, mayConnect: true, database: '' }] =
    rows;
  // Whoever is no superuser must be a member of the role that becomes the owner; apps that still run under the old
  // owner keep their access by the same membership.
  if (!isSuperuser) await session.query(`GRANT ${name} TO CURRENT_USER`);
  if (!mayConnect)
    await session.query(`GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${name}`);
}

async function ensureSchema(session: Transaction, { schema, role }: AppRole): Promise<void> {
  const owner = pg.escapeIdentifier(role);
  await session.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await session.query(`ALTER SCHEMA ${schema} OWNER TO ${owner}`);
}

/** Sequences of a column go with their table, types of a table with it. */
const NOT_YET_OWNED = `
  SELECT format('ALTER %s %s OWNER TO %I', kind, name, $2::text) AS sql FROM (
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END
             AS kind, c.oid::regclass::text AS name, relowner AS owner
    FROM pg_class c WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT (relkind = 'S' AND EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')))
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text, proowner FROM pg_proc WHERE pronamespace = $1::regnamespace
    UNION ALL
    SELECT 'TYPE', oid::regtype::text, typowner FROM pg_type
    WHERE typnamespace = $1::regnamespace AND typtype IN ('e', 'd')
  ) object WHERE owner <> (SELECT oid FROM pg_roles WHERE rolname = $2)`;

async function moveOwnership(session: Transaction, { schema, role }: AppRole): Promise<void> {
  const { rows } = await session.query<{ sql: string }>(NOT_YET_OWNED, [schema, role]);
  for (const { sql } of rows) await session.query(sql);
}

const ITERATIONS = 4_096;

/** What the server stores of a password (RFC 5803): sent in its place, so that no log of statements holds it. */
function scramVerifier(password: string): string {
  const salt = randomBytes(16);
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, ITERATIONS, 32, 'sha256');
  const hmac = (text: string): Buffer => createHmac('sha256', salted).update(text).digest();
  const storedKey = createHash('sha256').update(hmac('Client Key')).digest('base64');
  return `SCRAM-SHA-256$${ITERATIONS}:${salt.toString('base64')}$${storedKey}:${hmac('Server Key').toString('base64')}`;
}
