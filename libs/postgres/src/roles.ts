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

/** Which roles became members of a new owner, and so keep its rights until somebody ends the membership. */
type NewMembers = ReadonlyMap<string, readonly string[]>;

/**
 * Makes each role the owner of its schema and of all that is in it; makes roles and schemas that are missing. It can be
 * run again, and while apps run: each statement is a transaction of its own, so that no two of them can deadlock. Who
 * owned something before becomes a member of the new owner, so that apps under that role go on.
 * The session's user must be a superuser, or own the objects and have CREATEROLE.
 */
export async function provisionRoles(session: Transaction, roles: readonly AppRole[]): Promise<NewMembers> {
  roles.forEach(({ schema }) => checkSchemaName(schema));
  // An app's long transaction must not make every other session wait behind this one.
  await session.query(`SET lock_timeout = '10s'`);
  const members = new Map<string, readonly string[]>();
  for (const app of roles) {
    await ensureRole(session, app);
    await session.query(`CREATE SCHEMA IF NOT EXISTS ${app.schema}`);
    members.set(app.role, await admitMembers(session, app));
    await moveOwnership(session, app);
  }
  return members;
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
  const { rows } = await session.query<{ database: string }>(
    `SELECT current_database() AS database WHERE NOT has_database_privilege($1, current_database(), 'CONNECT')`,
    [role],
  );
  for (const { database } of rows)
    await session.query(`GRANT CONNECT ON DATABASE ${pg.escapeIdentifier(database)} TO ${name}`);
}

/** With their owners. Sequences of a column go with their table, types of a table with it. */
const OBJECTS = `
    SELECT 'SCHEMA' AS kind, quote_ident(nspname) AS name, nspowner AS owner FROM pg_namespace
    WHERE oid = $1::regnamespace
    UNION ALL
    SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'MATERIALIZED VIEW' WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END,
           c.oid::regclass::text, relowner
    FROM pg_class c WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'S')
      AND NOT (relkind = 'S' AND EXISTS (
        SELECT FROM pg_depend d
        WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype IN ('a', 'i')))
    UNION ALL
    SELECT 'ROUTINE', oid::regprocedure::text, proowner FROM pg_proc WHERE pronamespace = $1::regnamespace
    UNION ALL
    SELECT 'TYPE', oid::regtype::text, typowner FROM pg_type
    WHERE typnamespace = $1::regnamespace AND typtype IN ('e', 'd')`;

/** Superusers need no membership. The session's user does, to make the role an owner. */
const TO_ADMIT = `
  SELECT rolname AS member, pg_has_role($2, rolname, 'MEMBER') AS "isAbove" FROM pg_roles
  WHERE NOT rolsuper AND rolname <> $2 AND (rolname = current_user OR oid IN (SELECT owner FROM (${OBJECTS}) object))
  ORDER BY rolname`;

/** Whoever owns the schema or something in it, and the session's user. */
async function admitMembers(session: Transaction, { schema, role }: AppRole): Promise<readonly string[]> {
  const { rows } = await session.query<{ member: string; isAbove: boolean }>(TO_ADMIT, [schema, role]);
  const name = pg.escapeIdentifier(role);
  for (const { member, isAbove } of rows) {
    const other = pg.escapeIdentifier(member);
    // From a change in the other direction: no two roles can be members of each other.
    if (isAbove) await session.query(`REVOKE ${other} FROM ${name}`);
    await session.query(`GRANT ${name} TO ${other}`);
  }
  return rows.map(({ member }) => member);
}

const NOT_YET_OWNED = `
  SELECT format('ALTER %s %s OWNER TO %I', kind, name, $2::text) AS sql FROM (${OBJECTS}) object
  WHERE owner <> (SELECT oid FROM pg_roles WHERE rolname = $2) ORDER BY kind <> 'SCHEMA'`;

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
