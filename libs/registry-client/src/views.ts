import { type Transaction, whereEqual } from '#libs/postgres';
import { namingRegistry } from './errors.js';
import {
  INSTANCE_COLUMNS,
  NODE_COLUMNS,
  type RegistryInstance,
  type RegistryNode,
  type RegistryService,
  SERVICE_COLUMNS,
} from './rows.js';

/** All where a member is left out. */
export interface ServiceFilter {
  readonly appId?: string;
  readonly service?: string;
}

export interface InstanceFilter extends ServiceFilter {
  readonly name?: string;
  readonly node?: string;
  readonly state?: string;
  /** Only those that are running or draining. */
  readonly isLive?: boolean;
}

async function rowsOf<R extends object>(
  db: Transaction,
  sql: string,
  values: readonly unknown[],
): Promise<readonly R[]> {
  return (await namingRegistry(db.query<R>(sql, [...values]))).rows;
}

/** By name. Throws RegistryUnavailableError, as all that reads the registry. */
export const readNodes = (db: Transaction): Promise<readonly RegistryNode[]> =>
  rowsOf(db, `SELECT ${NODE_COLUMNS} FROM registry.nodes ORDER BY name`, []);

/** A node that changed, as it is now; without it where it was removed. */
export interface NodeChange {
  readonly name: string;
  readonly revision: number;
  readonly node?: RegistryNode;
}

/** The nodes that changed after a revision, in no order. For who keeps nodes in memory and reads them anew at times. */
export async function readNodeChanges(db: Transaction, since: number): Promise<readonly NodeChange[]> {
  const rows = await rowsOf<RegistryNode & { readonly changed: string; readonly revision: number }>(
    db,
    `SELECT c.name AS changed, c.revision::float8 AS revision, n.*
     FROM registry.changes c LEFT JOIN (SELECT ${NODE_COLUMNS} FROM registry.nodes) n USING (name)
     WHERE c.kind = 'node' AND c.revision > $1`,
    [since],
  );
  return rows.map(({ changed, revision, ...node }) => ({
    ...{ name: changed, revision },
    // Of one that was removed, all columns are null.
    ...((node.state as string | null) !== null && { node }),
  }));
}

/** The latest revision of the registry. */
export async function readRevision(db: Transaction): Promise<number> {
  const [row] = await rowsOf<{ latest: number }>(
    db,
    'SELECT latest::float8 AS latest FROM registry.revision',
    [],
  );
  return row?.latest ?? 0;
}

/** Undefined where there is none; one that was removed is there for a while still, with the state `gone`. */
export async function readNode(db: Transaction, name: string): Promise<RegistryNode | undefined> {
  const [node] = await rowsOf<RegistryNode>(
    db,
    `SELECT ${NODE_COLUMNS} FROM registry.nodes WHERE name = $1`,
    [name],
  );
  return node;
}

/** By application and name. */
export function readServices(
  db: Transaction,
  { appId, service }: ServiceFilter = {},
): Promise<readonly RegistryService[]> {
  const { sql, values } = whereEqual({ app_id: appId, service });
  const select = `SELECT ${SERVICE_COLUMNS} FROM registry.services WHERE ${sql} ORDER BY app_id, service`;
  return rowsOf(db, select, values);
}

/** By service, oldest first. */
export function readInstances(
  db: Transaction,
  { name, appId, service, node, state, isLive = false }: InstanceFilter = {},
): Promise<readonly RegistryInstance[]> {
  const { sql, values } = whereEqual({ name, app_id: appId, service, node, state });
  const live = isLive ? ` AND state IN ('running', 'draining')` : '';
  return rowsOf(
    db,
    `SELECT ${INSTANCE_COLUMNS} FROM registry.instances
     WHERE ${sql}${live} ORDER BY app_id, service, started_at, name`,
    values,
  );
}

/** Instances that run on these nodes, by name. */
export const readRunningOn = (
  db: Transaction,
  nodes: readonly string[],
): Promise<readonly RegistryInstance[]> =>
  rowsOf(
    db,
    `SELECT ${INSTANCE_COLUMNS} FROM registry.instances WHERE node = ANY ($1) AND state = 'running' ORDER BY name`,
    [nodes],
  );

export interface NodeLogin {
  readonly node: RegistryNode;
  /** Under SLIPWAY_NODE_KEY. */
  readonly loginEncrypted: string;
}

/** Undefined where there is no such node any more. For roles that may read logins. */
export async function readNodeLogin(db: Transaction, name: string): Promise<NodeLogin | undefined> {
  return (await readNodeLogins(db, [name]))[0];
}

/** Of those that are enrolled, in no order. For roles that may read logins. */
export async function readNodeLogins(
  db: Transaction,
  names: readonly string[],
): Promise<readonly NodeLogin[]> {
  const rows = await rowsOf<RegistryNode & { readonly loginEncrypted: string }>(
    db,
    `SELECT ${NODE_COLUMNS}, login_encrypted AS "loginEncrypted"
     FROM registry.nodes JOIN registry.node_logins USING (name) WHERE name = ANY ($1)`,
    [names],
  );
  return rows.map(({ loginEncrypted, ...node }) => ({ node, loginEncrypted }));
}
