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

const UNIQUE_VIOLATION = '23505';
/** A lost race for one key is tried again at once; more than this many in a row means that others are at work. */
const CLAIM_TRIES = 5;

/** NOTIFY with the schema in front, which is the first of the search path. */
const NOTIFY = `SELECT pg_notify(current_schema() || '_work', '')`;

/**
 * Work by lease and fence. Work of one key is done one after another in the order of its arrival; everything else in
 * parallel. A lease that ran out is claimed by another owner, with a higher fence; the first one's writes then fail.
 */
export class WorkQueue {
  async enqueue(
    tx: Transaction,
    work: { readonly id: string; readonly key: string; readonly dueAt?: Date },
  ): Promise<void> {
    await tx.query(
      `INSERT INTO work (id, key, state, due_at) VALUES ($1, $2, 'ready', coalesce($3, now()))`,
      [work.id, work.key, work.dueAt],
    );
    await tx.query(NOTIFY);
  }

  /** The oldest work that is due (or whose lease ran out) with nothing unfinished of its key before it. */
  async claim(
    pool: Pool,
    by: { readonly owner: string; readonly leaseMs: number },
  ): Promise<Claim | undefined> {
    for (let tries = 0; tries < CLAIM_TRIES; tries += 1) {
      try {
        return await this.tryClaim(pool, by);
      } catch (error) {
        // Two claims of one key raced; the index let one through.
        if (!(error instanceof Error && 'code' in error && error.code === UNIQUE_VIOLATION)) throw error;
      }
    }
    return undefined;
  }

  private async tryClaim(
    pool: Pool,
    by: { readonly owner: string; readonly leaseMs: number },
  ): Promise<Claim | undefined> {
    const { rows } = await pool.query<{ id: string; key: string; fence: string; lease_until: Date }>(
      `UPDATE work SET state = 'running', owner = $1, fence = fence + 1,
              lease_until = clock_timestamp() + $2 * interval '1 ms'
       WHERE seq = (
         SELECT seq FROM work w
         WHERE ((state IN ('ready', 'waiting') AND due_at <= clock_timestamp())
             OR (state = 'running' AND lease_until < clock_timestamp()))
           AND NOT EXISTS (SELECT FROM work e WHERE e.key = w.key AND e.seq < w.seq AND e.state <> 'done')
           -- An earlier row may commit while a later one of its key runs. It must wait without being picked, or
           -- every claim would pick it, meet the unique index, and leave all other keys' work undone.
           AND NOT EXISTS (SELECT FROM work r WHERE r.key = w.key AND r.seq <> w.seq AND r.state = 'running')
         ORDER BY seq LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING id, key, fence, lease_until`,
      [by.owner, by.leaseMs],
    );
    const row = rows[0];
    return row && { id: row.id, key: row.key, fence: BigInt(row.fence), leaseUntil: row.lease_until };
  }

  /** Extends the lease. False: another holds it, stop. */
  async heartbeat(pool: Pool, held: HeldWork, leaseMs: number): Promise<boolean> {
    const { rowCount } = await pool.query(
      `UPDATE work SET lease_until = clock_timestamp() + $3 * interval '1 ms'
       WHERE id = $1 AND fence = $2 AND state = 'running'`,
      [held.id, held.fence, leaseMs],
    );
    return rowCount === 1;
  }

  /** Locks the work's row for this transaction. Throws LeaseLostError when the fence is not the latest. */
  async assertHeld(tx: Transaction, held: HeldWork): Promise<void> {
    const { rowCount } = await tx.query(
      `SELECT FROM work WHERE id = $1 AND fence = $2 AND state = 'running' FOR UPDATE`,
      [held.id, held.fence],
    );
    if (rowCount !== 1) throw new LeaseLostError(held.id, held.fence);
  }

  async finish(tx: Transaction, held: HeldWork): Promise<void> {
    await this.leave(tx, held, 'done', undefined);
    // The next of the same key may now be claimed.
    await tx.query(NOTIFY);
  }

  /**
   * Lets go of work that waits for something; `wake` or `dueAt`, whichever comes first, makes it claimable again.
   * Without `dueAt` only `wake` does. Later work of its key stays blocked. A wake of work that still runs is lost:
   * the caller locks what it waits for before it parks, as whoever wakes does before it wakes.
   */
  async park(tx: Transaction, held: HeldWork, until: { readonly dueAt?: Date } = {}): Promise<void> {
    await this.leave(tx, held, 'waiting', until.dueAt ?? 'infinity');
  }

  /** What waits becomes due now. No effect on work that does not wait. */
  async wake(tx: Transaction, id: string): Promise<void> {
    await tx.query(
      `UPDATE work SET state = 'ready', due_at = clock_timestamp() WHERE id = $1 AND state = 'waiting'`,
      [id],
    );
    await tx.query(NOTIFY);
  }

  /** Tells whoever holds this work that there may be something to look at. Work that waits is woken instead. */
  async nudge(tx: Transaction, id: string): Promise<void> {
    await tx.query(`SELECT pg_notify(current_schema() || '_nudge', $1)`, [id]);
  }

  private async leave(
    tx: Transaction,
    held: HeldWork,
    state: 'done' | 'waiting',
    dueAt: Date | 'infinity' | undefined,
  ): Promise<void> {
    const { rowCount } = await tx.query(
      `UPDATE work SET state = $3, owner = NULL, lease_until = NULL, due_at = coalesce($4, due_at)
       WHERE id = $1 AND fence = $2 AND state = 'running'`,
      [held.id, held.fence, state, dueAt],
    );
    if (rowCount !== 1) throw new LeaseLostError(held.id, held.fence);
  }
}
