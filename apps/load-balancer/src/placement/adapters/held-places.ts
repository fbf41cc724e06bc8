import type { Transaction } from '#libs/postgres';
import { together } from '#libs/postgres';
import { readInstances, type RegistryInstance } from '#libs/registry-client';
import type { Asked, HeldOnNode, HeldPlace } from '../domain/asked.js';
import { IS_LIVE } from './reservations.js';

interface Row extends Omit<HeldOnNode, 'instance' | 'port' | 'asked'> {
  readonly port: number | null;
  readonly asked: Asked | null;
}

/** How the newest of the instances that a service has was asked for; undefined where it has none. */
export async function askedLast(
  tx: Transaction,
  { appId, service }: { readonly appId: string; readonly service: string },
): Promise<Asked | undefined> {
  const { rows } = await tx.query<{ asked: Asked }>(
    `SELECT asked FROM reservations WHERE app_id = $1 AND service = $2 AND asked IS NOT NULL AND ${IS_LIVE}
     ORDER BY updated_at DESC LIMIT 1`,
    [appId, service],
  );
  return rows[0]?.asked;
}

/** The places that instances hold on a node, by service and access token. Those of draining instances are left out. */
export async function heldPlaces(tx: Transaction, node: string): Promise<readonly HeldPlace[]> {
  const [rows, instances] = await together(heldRows(tx, [node]), readInstances(tx, { node, isLive: true }));
  return heldBy(rows, instances);
}

/** The same of several nodes, for a caller that has read all live instances. */
export async function heldOnNodes(
  tx: Transaction,
  nodes: readonly string[],
  instances: readonly RegistryInstance[],
): Promise<readonly HeldOnNode[]> {
  return heldBy(await heldRows(tx, nodes), instances);
}

async function heldRows(tx: Transaction, nodes: readonly string[]): Promise<readonly Row[]> {
  const { rows } = await tx.query<Row>(
    `SELECT node, access_token AS "accessToken", app_id AS "appId", service, cpu, memory_mib AS "memoryMiB", port, asked
     FROM reservations WHERE node = ANY ($1) AND ${IS_LIVE} ORDER BY app_id, service, access_token`,
    [nodes],
  );
  return rows;
}

function heldBy(rows: readonly Row[], instances: readonly RegistryInstance[]): readonly HeldOnNode[] {
  const byToken = new Map(instances.map((instance) => [instance.accessToken, instance]));
  return rows.flatMap(({ port, asked, ...row }) => {
    const instance = byToken.get(row.accessToken);
    if (instance?.state === 'draining') return [];
    return {
      ...row,
      ...(instance !== undefined && { instance: instance.name }),
      ...(port !== null && { port }),
      ...(asked !== null && { asked }),
    };
  });
}
