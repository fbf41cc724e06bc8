import { createPool, migrate, type Pool, transaction, WorkQueue, workTables } from '#libs/postgres';

/** What waits in a queue: which of it may be claimed, and how many keys it has. */
export const shapes = {
  'all different keys': 'every row may be claimed at once',
  'few keys': '16 keys; one row of each may be claimed at once, all others wait for it',
  parked: '16 rows may be claimed, all others wait for a time that is an hour away',
  'just arrived': 'all different keys, and no claim has seen any of them yet',
} as const;
export type Shape = keyof typeof shapes;

/** How many units may be claimed at once in the shapes where that is not all. */
const OPEN = 16;

interface Unit {
  readonly key: string;
  /** Finishes the unit and adds another of its key, so that the backlog stays as long as it is. */
  replace(): Promise<void>;
}

/** One way to keep work in Postgres. */
export interface BenchQueue {
  readonly name: string;
  readonly pool: Pool;
  fill(shape: Shape, rows: number): Promise<void>;
  claim(): Promise<Unit | undefined>;
  close(): Promise<void>;
}

let added = 0;

/** `libs/postgres` as the deployer uses it. */
export async function slipwayQueue(url: string): Promise<BenchQueue> {
  const schema = 'bench_queue';
  const pool = createPool({ url, schema, applicationName: 'bench-queue', max: 10 });
  await migrate(pool, { schema, sets: [workTables] });
  const work = new WorkQueue();
  return {
    name: 'Slipway',
    pool,
    fill: (shape, rows) => fillWork(pool, shape, rows),
    async claim() {
      const held = await work.claim(pool, { owner: 'bench', leaseMs: 60_000 });
      if (held === undefined) return undefined;
      const replace = (): Promise<void> =>
        transaction(pool, async (tx) => {
          await work.finish(tx, held);
          await work.enqueue(tx, { id: `again-${(added += 1)}`, key: held.key });
        });
      return { key: held.key, replace };
    },
    close: () => pool.end(),
  };
}

/** As rows lie after turns were given; no turn is open but in "just arrived". */
async function fillWork(pool: Pool, shape: Shape, rows: number): Promise<void> {
  const columns: Record<Shape, string> = {
    'all different keys': `'k' || n, 'ready', now()`,
    'few keys': `'k' || n % ${OPEN}, CASE WHEN n <= ${OPEN} THEN 'ready' ELSE 'queued' END, now()`,
    parked: `'k' || n, CASE WHEN n <= $1 - ${OPEN} THEN 'waiting' ELSE 'ready' END,
             CASE WHEN n <= $1 - ${OPEN} THEN now() + interval '1 hour' ELSE now() END`,
    'just arrived': `'k' || n, 'queued', now()`,
  };
  await pool.query('TRUNCATE work, work_turns');
  await pool.query(
    `INSERT INTO work (id, key, state, due_at)
     SELECT 'w' || n, ${columns[shape]} FROM generate_series(1, $1::integer) n`,
    [rows],
  );
  if (shape === 'just arrived')
    await pool.query('INSERT INTO work_turns (rank, key) SELECT 1, key FROM work ORDER BY seq');
  await pool.query('VACUUM ANALYZE work, work_turns');
}

/** The plain queue that graphile-worker and others have at their core: no keys, no order between units, no fence. */
export async function plainQueue(url: string): Promise<BenchQueue> {
  const pool = createPool({ url, schema: 'bench_plain', applicationName: 'bench-queue', max: 10 });
  await pool.query('CREATE SCHEMA IF NOT EXISTS bench_plain');
  await pool.query(`CREATE TABLE IF NOT EXISTS jobs (
    id bigserial PRIMARY KEY, key text NOT NULL, run_at timestamptz NOT NULL DEFAULT now(), locked_at timestamptz)`);
  await pool.query('CREATE INDEX IF NOT EXISTS jobs_open ON jobs (run_at, id) WHERE locked_at IS NULL');
  return {
    name: 'plain SKIP LOCKED',
    pool,
    fill: (shape, rows) => fillJobs(pool, shape, rows),
    async claim() {
      const { rows } = await pool.query<{ id: string; key: string }>({
        name: 'claim',
        text: `UPDATE jobs SET locked_at = now() WHERE id = (
                 SELECT id FROM jobs WHERE locked_at IS NULL AND run_at <= now()
                 ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED) RETURNING id, key`,
      });
      const [job] = rows;
      return job && { key: job.key, replace: () => replaceJob(pool, job) };
    },
    close: () => pool.end(),
  };
}

function replaceJob(pool: Pool, job: { readonly id: string; readonly key: string }): Promise<void> {
  return transaction(pool, async (tx) => {
    await tx.query('DELETE FROM jobs WHERE id = $1', [job.id]);
    await tx.query(`WITH added AS (INSERT INTO jobs (key) VALUES ($1)) SELECT pg_notify('bench_plain', '')`, [
      job.key,
    ]);
  });
}

async function fillJobs(pool: Pool, shape: Shape, rows: number): Promise<void> {
  const runAt =
    shape === 'parked'
      ? `CASE WHEN n <= $1 - ${OPEN} THEN now() + interval '1 hour' ELSE now() END`
      : 'now()';
  await pool.query('TRUNCATE jobs');
  await pool.query(
    `INSERT INTO jobs (key, run_at) SELECT 'k' || n, ${runAt} FROM generate_series(1, $1::integer) n`,
    [rows],
  );
  await pool.query('VACUUM ANALYZE jobs');
}
