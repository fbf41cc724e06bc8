import { RetriableError } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';
import type { Candidate } from '../domain/place.js';

interface CandidateRow {
  readonly name: string;
  readonly state: string;
  readonly cpus: number;
  readonly memory_mib: number;
  readonly reserved_cpu: number;
  readonly reserved_memory_mib: number;
  readonly same_service: number;
  readonly first_port: number;
  readonly last_port: number;
  readonly taken_ports: readonly number[];
}

/** Every enrolled node with what is reserved on it. */
export async function candidates(
  tx: Transaction,
  appId: string,
  service: string,
): Promise<readonly Candidate[]> {
  const rows = await readRegistry<CandidateRow>(
    tx,
    `SELECT n.name, n.state, n.cpus, (n.memory_bytes / 1048576)::integer AS memory_mib, n.first_port, n.last_port,
            coalesce(sum(r.cpu), 0) AS reserved_cpu, coalesce(sum(r.memory_mib), 0)::integer AS reserved_memory_mib,
            count(*) FILTER (WHERE r.app_id = $1 AND r.service = $2)::integer AS same_service,
            coalesce(array_agg(r.port) FILTER (WHERE r.port IS NOT NULL), '{}') AS taken_ports
     FROM registry.nodes n LEFT JOIN reservations r ON r.node = n.name AND r.state IN ('promised', 'bound')
     GROUP BY n.name, n.state, n.cpus, n.memory_bytes, n.first_port, n.last_port
     ORDER BY n.name`,
    [appId, service],
  );
  return rows.map((row) => ({
    name: row.name,
    state: row.state,
    total: { cpu: row.cpus, memoryMiB: row.memory_mib },
    reserved: { cpu: row.reserved_cpu, memoryMiB: row.reserved_memory_mib },
    sameService: row.same_service,
    firstPort: row.first_port,
    lastPort: row.last_port,
    takenPorts: new Set(row.taken_ports),
  }));
}

export interface EnrolledNode {
  readonly address: string;
  readonly sshPort: number;
  readonly sshUser: string;
  readonly hostKeyFingerprint: string;
  readonly loginEncrypted: string;
  readonly cpus: number;
}

/** undefined when there is no such node, or none any more. */
export async function enrolledNode(tx: Transaction, name: string): Promise<EnrolledNode | undefined> {
  const [row] = await readRegistry<EnrolledNode>(
    tx,
    `SELECT address, ssh_port AS "sshPort", ssh_user AS "sshUser", host_key_fingerprint AS "hostKeyFingerprint",
            login_encrypted AS "loginEncrypted", cpus
     FROM registry.nodes JOIN registry.node_logins USING (name) WHERE name = $1`,
    [name],
  );
  return row;
}

/** SQLSTATE undefined_table: the node manager never started on this database. */
const NO_TABLE = '42P01';

async function readRegistry<R extends object>(
  tx: Transaction,
  sql: string,
  values: unknown[],
): Promise<readonly R[]> {
  try {
    return (await tx.query<R>(sql, values)).rows;
  } catch (cause) {
    if ((cause as { code?: string }).code !== NO_TABLE) throw cause;
    throw new RetriableError('there is no registry yet: start the node manager on the same database', {
      cause,
    });
  }
}
