import type { Pool } from '#libs/postgres';
import { type AtRestKeys, encryptAtRest } from '#libs/secrets';
import type { EngineFacts, HostKey, JumpHost, Node, NodeState } from '../domain/node.js';
import type { Enrolled, Nodes } from '../ports.js';

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
  readonly host_key_type: HostKey['hostKeyType'] | null;
  readonly jump: JumpHost | null;
  readonly unenforced: EngineFacts['unenforced'];
}

function toNode(row: NodeRow): Node {
  return {
    name: row.name,
    address: row.address,
    sshPort: row.ssh_port,
    sshUser: row.ssh_user,
    hostKeyFingerprint: row.host_key_fingerprint,
    ...(row.host_key_type !== null && { hostKeyType: row.host_key_type }),
    ...(row.jump !== null && { jump: row.jump }),
    ...(row.socket_path !== null && { socketPath: row.socket_path }),
    state: row.state,
    cpus: row.cpus,
    memoryBytes: Number(row.memory_bytes),
    engineVersion: row.engine_version,
    unenforced: row.unenforced,
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

  async enrol({ address: node, jump, facts, ports, login }: Enrolled): Promise<Node | undefined> {
    const values = [
      ...[node.name, node.address, node.sshPort, node.sshUser],
      ...[facts.hostKeyFingerprint, await encryptAtRest(this.keys, login)],
      ...[facts.cpus, facts.memoryBytes, facts.engineVersion, ports.firstPort, ports.lastPort],
      ...[node.socketPath, facts.hostKeyType, jump].map((value) => value ?? null),
      facts.unenforced,
    ];
    try {
      const { rows } = await this.pool.query<NodeRow>(
        `INSERT INTO node_records AS known (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted,
           cpus, memory_bytes, engine_version, first_port, last_port, socket_path, host_key_type, jump, unenforced, state)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'ready')
         ON CONFLICT (name) DO UPDATE SET ssh_user = EXCLUDED.ssh_user,
           host_key_fingerprint = EXCLUDED.host_key_fingerprint, login_encrypted = EXCLUDED.login_encrypted,
           cpus = EXCLUDED.cpus, memory_bytes = EXCLUDED.memory_bytes, engine_version = EXCLUDED.engine_version,
           socket_path = EXCLUDED.socket_path, host_key_type = EXCLUDED.host_key_type, jump = EXCLUDED.jump,
           unenforced = EXCLUDED.unenforced,
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
