import { setTimeout as delay } from 'node:timers/promises';
import { createPool, migrate, type Pool, transaction, WorkQueue, workTables } from '#libs/postgres';

const LEASE_MS = 3_000;
/** What a replica that has nothing to do waits before it asks again. */
const POLL_MS = 100;

/** Milliseconds from an owner's last sign of life until another has its unit, once a kill; lease 3 s, all side by side. */
export async function takeOvers(url: string, kills: number): Promise<number[]> {
  const schema = 'bench_take_over';
  const pool = createPool({ url, schema, applicationName: 'bench-queue' });
  await migrate(pool, { schema, sets: [workTables] });
  await pool.query('TRUNCATE work, work_turns');
  const work = new WorkQueue();
  try {
    for (let n = 0; n < kills; n += 1)
      await transaction(pool, (tx) => work.enqueue(tx, { id: `w${n}`, key: `k${n}` }));
    const lastSeen = await dyingOwners(pool, work, kills);
    return await survivor(pool, work, lastSeen);
  } finally {
    await pool.end();
  }
}

/** Each claims, says once more that it lives, and is never heard of again. They die one after another. */
async function dyingOwners(pool: Pool, work: WorkQueue, kills: number): Promise<Map<string, number>> {
  const lastSeen = new Map<string, number>();
  while (lastSeen.size < kills) {
    const held = await work.claim(pool, { owner: `dying-${lastSeen.size}`, leaseMs: LEASE_MS });
    if (held === undefined) throw new Error('nothing to claim');
    if (!(await work.heartbeat(pool, [held], LEASE_MS)).has(held.id))
      throw new Error('the lease was lost too early');
    lastSeen.set(held.id, performance.now());
    await delay(37);
  }
  return lastSeen;
}

async function survivor(
  pool: Pool,
  work: WorkQueue,
  lastSeen: ReadonlyMap<string, number>,
): Promise<number[]> {
  const times: number[] = [];
  while (times.length < lastSeen.size) {
    const held = await work.claim(pool, { owner: 'survivor', leaseMs: 60_000 });
    if (held === undefined) await delay(POLL_MS);
    else times.push(performance.now() - (lastSeen.get(held.id) ?? NaN));
  }
  return times;
}
