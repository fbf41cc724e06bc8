import type { Transaction } from '#libs/postgres';
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
  readonly node?: string;
  readonly state?: string;
  /** Only those that are running or draining. */
  readonly isLive?: boolean;
}

const OF_SERVICE = '($1::text IS NULL OR app_id = $1) AND ($2::text IS NULL OR service = $2)';

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

/** Undefined where there is none; one that was removed is there for a while still, with the state `gone`. */
export async function readNode(db: Transaction, name: string): Promise<RegistryNode | undefined> {
  const [node] = await rowsOf<RegistryNode>(
    db,
    `SELECT ${NODE_COLUMNS} FROM registry.nodes WHERE name = $1`,
    [name],
  );
  return node;
}

export const readServices = (
  db: Transaction,
  filter: ServiceFilter = {},
): Promise<readonly RegistryService[]> =>
  rowsOf(
    db,
    `SELECT ${SERVICE_COLUMNS} FROM registry.services WHERE ${OF_SERVICE} ORDER BY app_id, service`,
    [filter.appId, filter.service],
  );

/** By service, oldest first. */
export const readInstances = (
  db: Transaction,
  filter: InstanceFilter = {},
): Promise<readonly RegistryInstance[]> =>
  rowsOf(
    db,
    `SELECT ${INSTANCE_COLUMNS} FROM registry.instances
     WHERE ${OF_SERVICE} AND ($3::text IS NULL OR node = $3) AND ($4::text IS NULL OR state = $4)
       AND ($5::boolean IS NOT TRUE OR state IN ('running', 'draining'))
     ORDER BY app_id, service, started_at, name`,
    [filter.appId, filter.service, filter.node, filter.state, filter.isLive],
  );

export interface NodeLogin {
  readonly node: RegistryNode;
  /** Under SLIPWAY_NODE_KEY. */
  readonly loginEncrypted: string;
}

/** Undefined where there is no such node any more. For roles that may read logins. */
export async function readNodeLogin(db: Transaction, name: string): Promise<NodeLogin | undefined> {
  const [row] = await rowsOf<RegistryNode & { readonly loginEncrypted: string }>(
    db,
    `SELECT ${NODE_COLUMNS}, login_encrypted AS "loginEncrypted"
     FROM registry.nodes JOIN registry.node_logins USING (name) WHERE name = $1`,
    [name],
  );
  if (row === undefined) return undefined;
  const { loginEncrypted, ...node } = row;
  return { node, loginEncrypted };
}
