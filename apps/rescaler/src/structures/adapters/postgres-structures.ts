import { jsonTime, type Pool, transaction } from '#libs/postgres';
import type { StoredHost } from '../domain/host-state.js';
import type { HostStates, SaidBy, SaidKind, SaidStructures, SaidVersion, StructureRecord } from '../ports.js';

interface Row {
  readonly revision: number;
  readonly said: Readonly<Record<string, unknown>> | null;
  readonly principal: string;
  readonly reason: string | null;
  readonly at: string;
}

const COLUMNS = `revision, said, principal, reason, ${jsonTime('changed_at')} AS at`;

const versionOf = ({ said, reason, revision, at, principal }: Row): SaidVersion => ({
  ...{ revision, at, principal },
  ...(said !== null && { said }),
  ...(reason !== null && { reason }),
});

/** What people said of structures, with every version of it. */
export class PostgresStructures implements StructureRecord {
  constructor(private readonly pool: Pool) {}

  async history(kind: SaidKind, id: string, most: number): Promise<readonly SaidVersion[]> {
    const { rows } = await this.pool.query<Row>(
      `SELECT ${COLUMNS} FROM structure_history WHERE kind = $1 AND id = $2 ORDER BY revision DESC LIMIT $3`,
      [kind, id, most],
    );
    return rows.map(versionOf);
  }

  async saidOf(kind: SaidKind): Promise<readonly (readonly [string, SaidVersion])[]> {
    const { rows } = await this.pool.query<Row & { readonly id: string }>(
      `SELECT id, ${COLUMNS} FROM structure_records WHERE kind = $1 AND said IS NOT NULL ORDER BY id`,
      [kind],
    );
    return rows.map((row) => [row.id, versionOf(row)]);
  }

  async change(
    kind: SaidKind,
    id: string,
    { principal, reason }: SaidBy,
    change: (before: object | undefined) => object | undefined,
  ): Promise<void> {
    await transaction(this.pool, async (tx) => {
      // Two that say something of it for the first time come one after the other.
      await tx.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`${kind} ${id}`]);
      const { rows } = await tx.query<Row>(
        `SELECT ${COLUMNS} FROM structure_records WHERE kind = $1 AND id = $2`,
        [kind, id],
      );
      const said = change(rows[0]?.said ?? undefined);
      if (said === undefined && (rows[0]?.said ?? null) === null) return;
      await tx.query(
        `INSERT INTO structure_records AS known (kind, id, revision, said, principal, reason, changed_at)
         VALUES ($1, $2, 1, $3, $4, $5, now())
         ON CONFLICT (kind, id) DO UPDATE SET revision = known.revision + 1, said = EXCLUDED.said,
           principal = EXCLUDED.principal, reason = EXCLUDED.reason, changed_at = EXCLUDED.changed_at`,
        [kind, id, said === undefined ? null : JSON.stringify(said), principal, reason ?? null],
      );
    });
  }
}

/** What people said, read again about once a second. What was known stays while the database does not answer. */
export class CurrentSaid implements SaidStructures {
  private known = new Map<string, object>();
  private version = '';

  constructor(private readonly pool: Pool) {}

  of<T>(kind: SaidKind, id: string): T | undefined {
    return this.known.get(`${kind} ${id}`) as T | undefined;
  }

  all<T>(kind: SaidKind): readonly (readonly [string, T])[] {
    const prefix = `${kind} `;
    return [...this.known]
      .filter(([key]) => key.startsWith(prefix))
      .map(([key, said]) => [key.slice(prefix.length), said as T]);
  }

  async refresh(): Promise<void> {
    const { rows: newest } = await this.pool.query<{ version: string }>(
      `SELECT count(*) || ' ' || coalesce(sum(revision), 0) AS version FROM structure_records`,
    );
    const version = newest[0]?.version ?? '';
    if (version === this.version) return;
    const { rows } = await this.pool.query<{ kind: string; id: string; said: object }>(
      'SELECT kind, id, said FROM structure_records WHERE said IS NOT NULL',
    );
    this.known = new Map(rows.map(({ kind, id, said }) => [`${kind} ${id}`, said]));
    this.version = version;
  }
}

/** So old a state may be: its host is gone, or nobody decides for it. */
const OLD = `interval '15 s'`;

export class PostgresHostStates implements HostStates {
  constructor(private readonly pool: Pool) {}

  async all(): Promise<readonly StoredHost[]> {
    const { rows } = await this.pool.query<{ state: StoredHost }>(
      `SELECT state FROM host_states WHERE at > now() - ${OLD} ORDER BY host`,
    );
    return rows.map(({ state }) => state);
  }

  async write(states: readonly (StoredHost & { readonly fence: number })[]): Promise<void> {
    if (states.length === 0) return;
    await this.pool.query(
      `INSERT INTO host_states AS known (host, fence, at, state)
       SELECT host, fence, now(), state FROM unnest($1::text[], $2::bigint[], $3::jsonb[]) AS given (host, fence, state)
       ORDER BY host
       ON CONFLICT (host) DO UPDATE SET fence = EXCLUDED.fence, at = EXCLUDED.at, state = EXCLUDED.state
       WHERE known.fence <= EXCLUDED.fence`,
      [
        states.map(({ host }) => host.name),
        states.map(({ fence }) => fence),
        states.map(({ host, containers }) => JSON.stringify({ host, containers })),
      ],
    );
  }
}
