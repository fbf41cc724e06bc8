import type pg from 'pg';
import { atRestKeys, encryptAtRest } from '#libs/secrets';

export interface NodeSize {
  readonly name: string;
  readonly cpus: number;
  readonly memoryMiB: number;
}

/** Ports that a node has for instances. */
const FIRST_PORT = 20_000;
const PORTS = 1_000;

/** Enrols nodes that nobody connects to, as if an administrator had done it. */
export async function enrolRows(
  registry: Pick<pg.Pool, 'query'>,
  nodeKey: string | undefined,
  nodes: readonly NodeSize[],
): Promise<void> {
  const login = await encryptAtRest(atRestKeys(nodeKey, undefined), { password: 'any' });
  await registry.query(
    `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
       state, cpus, memory_bytes, engine_version, first_port, last_port)
     SELECT name, name, 22, 'any', 'SHA256:any', $2, 'ready', cpus, memory::bigint * 1048576, '29', $3, $4
     FROM json_to_recordset($1) AS node (name text, cpus double precision, memory integer)`,
    [
      JSON.stringify(nodes.map(({ name, cpus, memoryMiB }) => ({ name, cpus, memory: memoryMiB }))),
      ...[login, FIRST_PORT, FIRST_PORT + PORTS - 1],
    ],
  );
}
