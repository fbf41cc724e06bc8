import { type Pool, type Retention, together, transaction, type Transaction } from '#libs/postgres';
import { type AtRestKeys, decryptAtRest, encryptAtRest, SealError } from '#libs/secrets';
import { changeText } from '../domain/description.js';
import {
  type Description,
  describedBy,
  type DescriptionChange,
  type EngineFacts,
  type Node,
} from '../domain/node.js';
import { decideCommand, decideEnrolment, type NodeCommand } from '../domain/standing.js';
import type {
  Asked,
  Commanded,
  Enrolled,
  LiveInstance,
  NodeEvent,
  NodeFilter,
  NodeLogin,
  Nodes,
} from '../ports.js';
import { addEvent, countLive, lockNode, writeDecided } from './node-changes.js';
import {
  descriptionOf,
  type NodeRow,
  STANDING_COLUMNS,
  standingOf,
  standingValues,
  toNode,
} from './node-rows.js';

/** Nodes that were removed. Their names are shown for so long. */
export const removedNodes = (keepMs: number): Retention => ({
  ...{ table: 'node_records', column: 'wish_at', condition: `wish = 'removed'`, keepMs },
});

/** What happened to nodes long ago. */
export const oldNodeEvents = (keepMs: number): Retention => ({ table: 'node_events', column: 'at', keepMs });

/** SQLSTATE unique_violation. */
const TAKEN = '23505';
const LIVE = `state IN ('running', 'draining')`;

interface EventRow extends Pick<NodeEvent, 'event' | 'state'> {
  readonly at: Date;
  readonly reason: string | null;
  readonly by: string | null;
}

export class PostgresNodes implements Nodes {
  constructor(
    private readonly pool: Pool,
    /** Of logins. */
    private readonly keys: AtRestKeys,
  ) {}

  list(filter: NodeFilter = {}): Promise<readonly Node[]> {
    return this.page(filter);
  }

  /** One that is gone was removed, so whoever asks for that state asks for those that were. */
  async page({ removed, state, zone }: NodeFilter, most?: number, after?: string): Promise<readonly Node[]> {
    const { rows } = await this.pool.query<NodeRow>(
      `SELECT * FROM node_records
       WHERE (wish <> 'removed' OR $1 OR $2::text = 'gone') AND ($2::text IS NULL OR state = $2)
         AND ($3::text IS NULL OR zone = $3) AND ($4::text IS NULL OR name > $4)
       ORDER BY name LIMIT $5`,
      [removed === true, state, zone, after, most],
    );
    return rows.map(toNode);
  }

  async find(name: string): Promise<Node | undefined> {
    const { rows } = await this.pool.query<NodeRow>('SELECT * FROM node_records WHERE name = $1', [name]);
    return rows[0] && toNode(rows[0]);
  }

  async events(name: string, most: number): Promise<readonly NodeEvent[]> {
    const { rows } = await this.pool.query<EventRow>(
      'SELECT at, event, state, reason, by FROM node_events WHERE node = $1 ORDER BY id DESC LIMIT $2',
      [name, most],
    );
    return rows.map(({ at, reason, by, ...event }) => ({
      ...event,
      at: at.toISOString(),
      ...(reason !== null && { reason }),
      ...(by !== null && { by }),
    }));
  }

  async live(name: string): Promise<readonly LiveInstance[]> {
    const { rows } = await this.pool.query<LiveInstance & { readonly port: number | null }>(
      `SELECT name AS instance, app_id AS "appId", service, state, port FROM instance_records
       WHERE node = $1 AND ${LIVE} ORDER BY app_id, service, name`,
      [name],
    );
    return rows.map(({ port, ...row }) => ({ ...row, port: port ?? undefined }));
  }

  async liveCounts(): Promise<ReadonlyMap<string, number>> {
    const { rows } = await this.pool.query<{ node: string; live: number }>(
      `SELECT node, count(*)::integer AS live FROM instance_records WHERE ${LIVE} GROUP BY node`,
    );
    return new Map(rows.map(({ node, live }) => [node, live]));
  }

  async enrol(enrolled: Enrolled): Promise<Node | undefined> {
    const login = await encryptAtRest(this.keys, enrolled.login);
    try {
      const row = await transaction(this.pool, (tx) => enrolIn(tx, enrolled, login));
      return row && toNode(row);
    } catch (error) {
      if ((error as { code?: string }).code === TAKEN) return undefined;
      throw error;
    }
  }

  async command(name: string, command: NodeCommand, asked: Asked): Promise<Commanded | undefined> {
    return transaction(this.pool, async (tx) => {
      const row = await lockNode(tx, name);
      if (row === undefined) return undefined;
      const live = await countLive(tx, name);
      const said = { ...asked, at: new Date().toISOString() };
      const decided = decideCommand(standingOf(row), command, { said, live });
      if (decided.refused !== undefined) return { refused: decided.refused, live };
      if (decided.event === undefined) return { node: toNode(row) };
      if (decided.event === 'removed') await forgetSecrets(tx, name);
      return { node: toNode(await writeDecided(tx, row, decided, asked)) };
    });
  }

  async describe(name: string, change: DescriptionChange, asked: Asked): Promise<Node | undefined> {
    return this.changed(name, async (tx, row) => {
      const before = descriptionOf(row);
      const described = describedBy(before, change);
      const reason = changeText(before, described);
      if (reason === undefined) return row;
      await addEvent(tx, name, { event: 'labelled', standing: standingOf(row), asked: { ...asked, reason } });
      return setDescription(tx, name, described);
    });
  }

  async loginOf(name: string): Promise<NodeLogin | undefined> {
    const { rows } = await this.pool.query<{ login: string | null }>(
      'SELECT login_encrypted AS login FROM node_records WHERE name = $1',
      [name],
    );
    const login = rows[0]?.login ?? undefined;
    if (login === undefined) return undefined;
    return decryptAtRest(this.keys, login).then(
      (opened) => opened as NodeLogin,
      (error: unknown) => {
        if (error instanceof SealError) return undefined;
        throw error;
      },
    );
  }

  async changeLogin(
    name: string,
    login: NodeLogin,
    facts: EngineFacts,
    asked: Asked,
  ): Promise<Node | undefined> {
    const encrypted = await encryptAtRest(this.keys, login);
    return this.changed(name, async (tx, row) => {
      await addEvent(tx, name, { event: 'login-changed', standing: standingOf(row), asked });
      await tx.query('UPDATE node_records SET login_encrypted = $2 WHERE name = $1', [name, encrypted]);
      return setFacts(tx, name, facts);
    });
  }

  refresh(name: string, facts: EngineFacts): Promise<Node | undefined> {
    return this.changed(name, (tx) => setFacts(tx, name, facts));
  }

  /** Changes a node that was not removed. */
  private changed(
    name: string,
    change: (tx: Transaction, row: NodeRow) => Promise<NodeRow | undefined>,
  ): Promise<Node | undefined> {
    return transaction(this.pool, async (tx) => {
      const row = await lockNode(tx, name);
      if (row === undefined || row.wish === 'removed') return undefined;
      const after = await change(tx, row);
      return after && toNode(after);
    });
  }
}

async function forgetSecrets(tx: Transaction, name: string): Promise<void> {
  await tx.query(`UPDATE node_records SET login_encrypted = NULL, holding = '[]' WHERE name = $1`, [name]);
}

/** Undefined where the name is that of another machine. */
async function enrolIn(tx: Transaction, enrolled: Enrolled, login: string): Promise<NodeRow | undefined> {
  const { address: node, jump, facts, ports, description, by } = enrolled;
  // There is no row to lock yet where two enrol the same machine at once.
  const [, known] = await together(
    tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`slipway.node.${node.name}`]),
    lockNode(tx, node.name),
  );
  const isBack = known?.wish === 'removed';
  const isOther = known !== undefined && (known.address !== node.address || known.ssh_port !== node.sshPort);
  if (isOther && !isBack) return undefined;
  const { standing } = decideEnrolment(known && standingOf(known));
  const isNew = known === undefined || isBack;
  const before = isNew ? { labels: {} } : descriptionOf(known);
  const columns: Readonly<Record<string, unknown>> = {
    ...{ name: node.name, address: node.address, ssh_port: node.sshPort, ssh_user: node.sshUser },
    ...{ host_key_fingerprint: facts.hostKeyFingerprint, host_key_type: facts.hostKeyType },
    ...{ login_encrypted: login, socket_path: node.socketPath, jump, ...factColumns(facts) },
    // Those of a node that is known stay: its instances have them.
    ...(isNew && { first_port: ports.firstPort, last_port: ports.lastPort, enrolled_at: new Date() }),
    ...descriptionColumns({ ...before, ...description }),
    ...Object.fromEntries(standingValues(standing).map((value, index) => [STANDING_COLUMNS[index], value])),
  };
  await addEvent(tx, node.name, { event: isNew ? 'enrolled' : 'updated', standing, asked: { by } });
  return isNew && !isBack ? insertNode(tx, columns) : updateNode(tx, node.name, columns);
}

async function insertNode(
  tx: Transaction,
  columns: Readonly<Record<string, unknown>>,
): Promise<NodeRow | undefined> {
  const names = Object.keys(columns);
  const { rows } = await tx.query<NodeRow>(
    `INSERT INTO node_records (${names.join(', ')}) VALUES (${names.map((_, n) => `$${n + 1}`).join(', ')}) RETURNING *`,
    Object.values(columns).map((value) => value ?? null),
  );
  return rows[0];
}

/** The names of columns come from code, never from input. */
async function updateNode(
  tx: Transaction,
  name: string,
  columns: Readonly<Record<string, unknown>>,
): Promise<NodeRow | undefined> {
  const set = Object.keys(columns).map((column, n) => `${column} = $${n + 2}`);
  const { rows } = await tx.query<NodeRow>(
    `UPDATE node_records SET ${set.join(', ')}, updated_at = now() WHERE name = $1 RETURNING *`,
    [name, ...Object.values(columns).map((value) => value ?? null)],
  );
  return rows[0];
}

const factColumns = ({ cpus, memoryBytes, engineVersion, unenforced, architecture }: EngineFacts) => ({
  ...{ cpus, memory_bytes: memoryBytes, engine_version: engineVersion, unenforced, architecture },
});

const setFacts = (tx: Transaction, name: string, facts: EngineFacts): Promise<NodeRow | undefined> =>
  updateNode(tx, name, factColumns(facts));

const descriptionColumns = ({ labels, zone, capacity, reserve }: Description) => ({
  ...{ labels, zone },
  ...{ capacity_cpus: capacity?.cpus, capacity_memory_bytes: capacity?.memoryBytes },
  ...{ reserved_cpus: reserve?.cpus ?? 0, reserved_memory_bytes: reserve?.memoryBytes ?? 0 },
});

const setDescription = (tx: Transaction, name: string, to: Description): Promise<NodeRow | undefined> =>
  updateNode(tx, name, descriptionColumns(to));
