import type { Pool } from '#libs/postgres';
import { type AtRestKeys, encryptAtRest } from '#libs/secrets';
import type { Node, NodeAddress, NodeFacts, NodeState, PortRange } from '../domain/node.js';
import type { Login, Nodes } from '../ports.js';

interface NodeRow {
  readonly name: string;
  readonly address: string;
  readonly ssh_port: number;
  readonly ssh_user: string;
  readonly host_key_fingerprint: string;
  readonly state: NodeState;
  readonly cpus: number;
  /** pg gives bigint as text. */
  readonly memory_bytes: string;
  readonly engine_version: string;
  readonly first_port: number;
  readonly last_port: number;
  readonly enrolled_at: Date;
  readonly socket_path: string | null;
}

function toNode(row: NodeRow): Node {
  return {
    name: row.name,
    address: row.address,
    sshPort: row.ssh_port,
    sshUser: row.ssh_user,
    hostKeyFingerprint: row.host_key_fingerprint,
    ...(row.socket_path !== null && { socketPath: row.socket_path }),
    state: row.state,
    cpus: row.cpus,
    memoryBytes: Number(row.memory_bytes),
    engineVersion: row.engine_version,
    firstPort: row.first_port,
    lastPort: row.last_port,
    enrolledAt: row.enrolled_at.toISOString(),
  };
}

/** SQLSTATE unique_violation. */
const TAKEN = '23505';

export class PostgresNodes implements Nodes {
  constructor(
    private readonly pool: Pool,
    /** Of logins. */
    private readonly keys: AtRestKeys,
  ) {}

  async list(): Promise<readonly Node[]> {
    const { rows } = await this.pool.query<NodeRow>('SELECT * FROM nodes ORDER BY name');
    return rows.map(toNode);
  }

  async enrol(
    node: NodeAddress,
    facts: NodeFacts,
    ports: PortRange,
    login: Login,
  ): Promise<Node | undefined> {
    const values = [
      ...[node.name, node.address, node.sshPort, node.sshUser],
      ...[facts.hostKeyFingerprint, await encryptAtRest(this.keys, login)],
      ...[facts.cpus, facts.memoryBytes, facts.engineVersion, ports.firstPort, ports.lastPort],
      node.socketPath ?? null,
    ];
    try {
      const { rows } = await this.pool.query<NodeRow>(
        `INSERT INTO node_records AS known (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
           cpus, memory_bytes, engine_version, first_port, last_port, socket_path, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, 'ready')
         ON CONFLICT (name) DO UPDATE SET ssh_user = EXCLUDED.ssh_user,
           host_key_fingerprint = EXCLUDED.host_key_fingerprint, login_encrypted = EXCLUDED.login_encrypted,
           cpus = EXCLUDED.cpus, memory_bytes = EXCLUDED.memory_bytes, engine_version = EXCLUDED.engine_version,
           socket_path = EXCLUDED.socket_path,
           state = CASE known.state WHEN 'unreachable' THEN 'ready' ELSE known.state END, updated_at = now()
         WHERE known.address = EXCLUDED.address AND known.ssh_port = EXCLUDED.ssh_port
         RETURNING *`,
        values,
      );
      return rows[0] && toNode(rows[0]);
    } catch (error) {
      if ((error as { code?: string }).code === TAKEN) return undefined;
      throw error;
    }
  }
}
