import { LeaseLostError } from './errors.js';
import type { Pool, Transaction } from './pool.js';

/** A unit of work under a lease. */
export interface Claim {
  readonly id: string;
  readonly key: string;
  /** Rises with every claim of this work. */
  readonly fence: bigint;
  /** By the database's clock. */
  readonly leaseUntil: Date;
}

export type HeldWork = Pick<Claim, 'id' | 'fence'>;

/** NOTIFY with the schema in front, which is the first of the search path. */
const NOTIFY = `pg_notify(current_schema() || '_work', '')`;
/** What a replica must know to carry on a unit that this version took in or began (0004_levels.sql). */
const LEVEL = 4;
/** One claim in so many asks for what is ready first: work that parks over and over must not keep the rest waiting. */
const READY_FIRST_EVERY = 8;

/**
 * Beside an id, so that only the index of the ids fits. By statistics that lag behind, the planner takes an index of
 * turns for empty, and reads all of it: with 10,000 turns given, finishing took 1.5 ms instead of 0.1.
 */
const HELD = `id = $1 AND fence = $2 AND state || '' = 'running'`;

/** SQL: whether work of this key waits or runs. Two questions, because each is answered by an index of its own. */
export const unfinishedWorkOf = (key: string): string =>
  `(EXISTS (SELECT FROM work w WHERE w.key = ${key} AND w.state IN ('ready', 'running', 'waiting'))
    OR EXISTS (SELECT FROM work w WHERE w.key = ${key} AND w.state = 'queued'))`;

interface ClaimedRow {
  readonly id: string | null;
  readonly key: string;
  readonly fence: string;
  readonly lease_until: Date;
  readonly more: boolean;
}

/**
 * Work by lease and fence. Work of one key is done one after another in the order of its arrival; everything else in
 * parallel. A lease that ran out is claimed by another owner, with a higher fence; the first one's writes then fail.
 */
export class WorkQueue {
  private claims = 0;

  async enqueue(
    tx: Transaction,
    work: { readonly id: string; readonly key: string; readonly dueAt?: Date },
  ): Promise<void> {
    await tx.query(
      `WITH added AS (
         INSERT INTO work (id, key, due_at, level) VALUES ($1, $2, coalesce($3, now()), ${LEVEL}) RETURNING key),
       turn AS (INSERT INTO work_turns (rank, key) SELECT 1, key FROM added)
       SELECT ${NOTIFY}`,
      [work.id, work.key, work.dueAt],
    );
  }

  /**
   * Work that may be done now and has nothing unfinished of its key before it: first what was begun (its lease ran
   * out, or it was parked and is due), then the oldest. What it costs does not depend on how much waits.
   */
  async claim(
    pool: Pool,
    by: { readonly owner: string; readonly leaseMs: number },
  ): Promise<Claim | undefined> {
    this.claims += 1;
    const readyFirst = this.claims % READY_FIRST_EVERY === 0;
    for (;;) {
      const { rows } = await pool.query<ClaimedRow>(
        `SELECT id, key, fence, lease_until, more FROM work_claim($1, $2 * interval '1 ms', $3, ${LEVEL}::smallint)`,
        [by.owner, by.leaseMs, readyFirst],
      );
      const [row] = rows;
      if (row === undefined) return undefined;
      const { id, key, fence, lease_until: leaseUntil } = row;
      if (id !== null) return { id, key, fence: BigInt(fence), leaseUntil };
      if (!row.more) return undefined;
    }
  }

  /** Milliseconds until the next lease of somebody else lapses; undefined when none does within that time. */
  async nextLapse(
    pool: Pool,
    { owner, withinMs }: { readonly owner: string; readonly withinMs: number },
  ): Promise<number | undefined> {
    const { rows } = await pool.query<{ ms: number | null }>(
      `SELECT ceil(extract(epoch FROM min(lease_until) - clock_timestamp()) * 1000)::integer AS ms FROM work
       WHERE state = 'running' AND owner <> $1
         AND lease_until > now() AND lease_until < now() + $2 * interval '1 ms'`,
      [owner, withinMs],
    );
    return rows[0]?.ms ?? undefined;
  }

  /**
   * Extends the leases; one whose row a step has locked is left to that step, which extends it: to wait for one row
   * with others locked might never end.
   * @returns the ids of those that are still held; whoever works on another of them must stop
   */
  async heartbeat(pool: Pool, held: readonly HeldWork[], leaseMs: number): Promise<ReadonlySet<string>> {
    const { rows } = await pool.query<{ id: string }>(
      `WITH claimed AS (SELECT * FROM unnest($1::text[], $2::bigint[]) AS claimed (id, fence)),
       free AS (SELECT w.id FROM work w JOIN claimed USING (id, fence)
                WHERE w.state || '' = 'running' FOR UPDATE OF w SKIP LOCKED),
       extended AS (UPDATE work SET lease_until = clock_timestamp() + $3 * interval '1 ms'
                    FROM free WHERE work.id = free.id)
       SELECT w.id FROM work w JOIN claimed USING (id, fence) WHERE w.state || '' = 'running'`,
      [held.map(({ id }) => id), held.map(({ fence }) => fence), leaseMs],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Locks the work's row for this transaction, which extends the lease: heartbeats pass over a locked row. Throws
   * LeaseLostError when the fence is not the latest.
   */
  async assertHeld(tx: Transaction, held: HeldWork, leaseMs: number): Promise<void> {
    const { rowCount } = await tx.query(
      `UPDATE work SET lease_until = clock_timestamp() + $3 * interval '1 ms' WHERE ${HELD}`,
      [held.id, held.fence, leaseMs],
    );
    if (rowCount !== 1) throw new LeaseLostError(held.id, held.fence);
  }

  async finish(tx: Transaction, held: HeldWork): Promise<void> {
    const { rowCount } = await tx.query(
      `WITH finished AS (
         UPDATE work SET state = 'done', owner = NULL, lease_until = NULL, finished_at = clock_timestamp()
         WHERE ${HELD} RETURNING key),
       -- The next of the same key may now be claimed.
       turn AS (INSERT INTO work_turns (rank, key) SELECT 0, key FROM finished)
       SELECT ${NOTIFY} FROM finished`,
      [held.id, held.fence],
    );
    if (rowCount !== 1) throw new LeaseLostError(held.id, held.fence);
  }

  /**
   * Lets go of work that waits for something; `wake` or `dueAt`, whichever comes first, makes it claimable again.
   * Without `dueAt` only `wake` does. Later work of its key stays blocked. A wake of work that still runs is lost:
   * the caller locks what it waits for before it parks, as whoever wakes does before it wakes.
   */
  async park(tx: Transaction, held: HeldWork, until: { readonly dueAt?: Date } = {}): Promise<void> {
    const { rowCount } = await tx.query(
      `UPDATE work SET state = 'waiting', owner = NULL, lease_until = NULL, due_at = $3
       WHERE ${HELD}`,
      [held.id, held.fence, until.dueAt ?? 'infinity'],
    );
    if (rowCount !== 1) throw new LeaseLostError(held.id, held.fence);
  }

  /**
   * Moves held work to another key. True: nobody has the turn of that key, so it goes on under it. False: it was let go
   * of, and is claimed again when its turn comes, in the order of its arrival. Throws LeaseLostError.
   */
  async switchKey(db: Pool | Transaction, held: HeldWork, key: string): Promise<boolean> {
    const { rows } = await db.query<{ goes_on: boolean | null }>(
      'SELECT work_switch($1, $2, $3) AS goes_on',
      [...[held.id, held.fence, key]],
    );
    const goesOn = rows[0]?.goes_on ?? null;
    if (goesOn === null) throw new LeaseLostError(held.id, held.fence);
    return goesOn;
  }

  /** What waits becomes due now. No effect on work that does not wait. */
  async wake(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      `WITH woken AS (
         UPDATE work SET state = 'ready', due_at = clock_timestamp() WHERE id = $1 AND state || '' = 'waiting' RETURNING id)
       SELECT ${NOTIFY} FROM woken`,
      [id],
    );
  }

  /** Tells whoever holds this work that there may be something to look at. Work that waits is woken instead. */
  async nudge(tx: Transaction, id: string): Promise<void> {
    await tx.query(`SELECT pg_notify(current_schema() || '_nudge', $1)`, [id]);
  }
}
