import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createTestDatabase, type TestDatabase } from '#libs/testing';
import { type Claim, LeaseLostError, type Pool, transaction, WorkQueue, workTables } from './index.js';

const schema = 'stress';
const CLAIMERS = 8;
/** Long enough for one claimer that lives, short enough that a dead one's work is soon another's. */
const LEASE_MS = 150;
let database: TestDatabase;
let pool: Pool;

beforeAll(async () => {
  database = await createTestDatabase({ schema, sets: [workTables], max: CLAIMERS + 4 });
  ({ pool } = database);
  // What a holder wrote under which fence; the log of the test itself.
  await pool.query('CREATE TABLE steps (n bigserial, id text, key text, fence bigint, what text)');
});
beforeEach(() => pool.query('TRUNCATE work, work_turns, steps'));
afterAll(() => database.drop());

/** What a claimer does with a unit it holds. */
type Fate = 'finish' | 'park' | 'park until due' | 'die' | 'stall, then finish';

const fate = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fate>('finish') },
  { weight: 2, arbitrary: fc.constant<Fate>('park') },
  { weight: 2, arbitrary: fc.constant<Fate>('park until due') },
  { weight: 1, arbitrary: fc.constant<Fate>('die') },
  { weight: 1, arbitrary: fc.constant<Fate>('stall, then finish') },
);

interface Step {
  readonly id: string;
  readonly key: string;
  readonly fence: string;
  readonly what: 'began' | 'finished';
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

class Run {
  readonly work = Array.from({ length: CLAIMERS }, () => new WorkQueue());
  readonly finished = new Set<string>();
  readonly refused: string[] = [];
  private at = 0;

  constructor(
    private readonly fates: readonly Fate[],
    private readonly units: number,
  ) {}

  async claimer(n: number): Promise<void> {
    const work = this.work[n] as WorkQueue;
    while (this.finished.size < this.units) {
      const held = await work.claim(pool, { owner: `claimer-${n}`, leaseMs: LEASE_MS });
      if (held === undefined) await pause(5);
      else await this.meet(work, held, this.fates[(this.at += 1) % this.fates.length] ?? 'finish');
    }
  }

  /** Parked without a time: somebody wakes it from outside, again and again, as an answer that comes twice does. */
  async waker(): Promise<void> {
    const work = new WorkQueue();
    while (this.finished.size < this.units) {
      const { rows } = await pool.query<{ id: string }>(
        `SELECT id FROM work WHERE state = 'waiting' LIMIT 20`,
      );
      for (const { id } of rows) await transaction(pool, (tx) => work.wake(tx, id));
      await pause(3);
    }
  }

  private async meet(work: WorkQueue, held: Claim, fate: Fate): Promise<void> {
    try {
      await this.write(work, held, 'began');
      if (fate === 'stall, then finish') await pause(LEASE_MS * 1.5);
      if (fate === 'park') await transaction(pool, (tx) => work.park(tx, held));
      if (fate === 'park until due') {
        const dueAt = new Date(Date.now() + 10);
        await transaction(pool, (tx) => work.park(tx, held, { dueAt }));
      }
      if (fate === 'finish' || fate === 'stall, then finish') await this.write(work, held, 'finished');
    } catch (error) {
      if (!(error instanceof LeaseLostError)) throw error;
      this.refused.push(held.id);
    }
  }

  private async write(work: WorkQueue, held: Claim, what: Step['what']): Promise<void> {
    await transaction(pool, async (tx) => {
      await work.assertHeld(tx, held, LEASE_MS);
      await tx.query('INSERT INTO steps (id, key, fence, what) VALUES ($1, $2, $3, $4)', [
        held.id,
        held.key,
        held.fence,
        what,
      ]);
      if (what === 'finished') await work.finish(tx, held);
    });
    if (what === 'finished') this.finished.add(held.id);
  }
}

/** Some transactions commit late, some bring several units. */
async function enqueueAll(units: readonly { readonly id: string; readonly key: string }[]): Promise<void> {
  const work = new WorkQueue();
  const writer = async (own: typeof units): Promise<void> => {
    for (let at = 0; at < own.length; at += 3)
      await transaction(pool, async (tx) => {
        for (const unit of own.slice(at, at + 3)) await work.enqueue(tx, unit);
        await pause(at % 4);
      });
  };
  await Promise.all([0, 1, 2].map((n) => writer(units.filter((_, index) => index % 3 === n))));
}

async function steps(): Promise<Step[]> {
  return (await pool.query<Step>('SELECT id, key, fence, what FROM steps ORDER BY n')).rows;
}

/** Every unit ends once, by the highest fence that ever wrote for it, and nobody wrote after it. */
function expectDoneOnce(log: readonly Step[], ids: readonly string[]): void {
  for (const id of ids) {
    const own = log.filter((step) => step.id === id);
    const fences = own.map((step) => Number(step.fence));
    expect(own.filter((step) => step.what === 'finished')).toHaveLength(1);
    expect(own.at(-1)?.what).toBe('finished');
    expect(fences).toEqual([...fences].sort((a, b) => a - b));
  }
}

/** Between the first step of a unit and its end nothing of the same key is written. */
function expectOneOfAKey(log: readonly Step[]): void {
  const open = new Map<string, string>();
  for (const { id, key, what } of log) {
    expect(open.get(key) ?? id).toBe(id);
    if (what === 'finished') open.delete(key);
    else open.set(key, id);
  }
}

describe('WorkQueue under many claimers that park, wake, stall and die', () => {
  it('every unit is done once by its last holder, never two of a key at once, none is left', async () => {
    const property = fc.asyncProperty(
      fc.array(fate, { minLength: 20, maxLength: 40 }).filter((fates) => fates.includes('finish')),
      fc.integer({ min: 1, max: 30 }),
      async (fates, keys) => {
        await pool.query('TRUNCATE work, work_turns, steps');
        const units = Array.from({ length: 90 }, (_, n) => ({ id: `w${n}`, key: `k${n % keys}` }));
        const run = new Run(fates, units.length);
        const claimers = Array.from({ length: CLAIMERS }, (_, n) => run.claimer(n));
        await Promise.all([enqueueAll(units), run.waker(), ...claimers]);
        const log = await steps();
        expectDoneOnce(
          log,
          units.map((unit) => unit.id),
        );
        expectOneOfAKey(log);
        const { rows } = await pool.query(`SELECT id FROM work WHERE state <> 'done'`);
        expect(rows).toEqual([]);
      },
    );
    await fc.assert(property, { numRuns: 4, endOnFailure: true });
  });

  it('work that parks over and over does not keep new work from being done', async () => {
    const work = new WorkQueue();
    const enqueue = (id: string) => transaction(pool, (tx) => work.enqueue(tx, { id, key: id }));
    const claim = async (): Promise<Claim> => {
      const held = await work.claim(pool, { owner: 'one', leaseMs: 60_000 });
      if (held === undefined) throw new Error('nothing to claim');
      return held;
    };
    const leave = (held: Claim) =>
      transaction(pool, (tx) =>
        held.id === 'new' ? work.finish(tx, held) : work.park(tx, held, { dueAt: new Date(0) }),
      );
    const restless: Claim[] = [];
    for (let n = 0; n < 5; n += 1) {
      await enqueue(`restless-${n}`);
      restless.push(await claim());
    }
    for (const held of restless) await leave(held);
    await enqueue('new');
    const claimed: string[] = [];
    while (!claimed.includes('new') && claimed.length < 100) {
      const held = await claim();
      claimed.push(held.id);
      await leave(held);
    }
    expect(new Set(claimed)).toContain('new');
    expect(claimed.length).toBeLessThanOrEqual(8);
  });
});
