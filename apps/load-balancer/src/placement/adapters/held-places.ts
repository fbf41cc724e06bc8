import type { Transaction } from '#libs/postgres';
import { together } from '#libs/postgres';
import { readInstances } from '#libs/registry-client';
import type { Asked, HeldPlace } from '../domain/asked.js';
import { IS_LIVE } from './reservations.js';

interface Row extends Omit<HeldPlace, 'instance' | 'port' | 'asked'> {
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

/** The places that instances hold on a node, by service and access token; without those whose instance is being ended. */
export async function heldPlaces(tx: Transaction, node: string): Promise<readonly HeldPlace[]> {
  const [{ rows }, instances] = await together(
    tx.query<Row>(
      `SELECT access_token AS "accessToken", app_id AS "appId", service, cpu, memory_mib AS "memoryMiB", port, asked
       FROM reservations WHERE node = $1 AND ${IS_LIVE} ORDER BY app_id, service, access_token`,
      [node],
    ),
    readInstances(tx, { node, isLive: true }),
  );
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
