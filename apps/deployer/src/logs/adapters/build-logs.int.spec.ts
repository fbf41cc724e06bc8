import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPool, type Pool } from '#libs/postgres';
import type { Release } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import type { ClaimedTask, Clock } from '../../task/ports.js';
import { BuildLogWriter } from './build-log-writer.js';
import { PostgresBuildLogs } from './build-logs.js';
import { insertRelease } from '../../releases/adapters/release-rows.js';

let database: TestDatabase;
let pool: Pool;
let logs: PostgresBuildLogs;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
  logs = new PostgresBuildLogs(pool);
});
afterEach(() => pool.query('DELETE FROM build_logs'));
afterAll(() => database.drop());

const warnings: unknown[] = [];
const logger = { warn: (said: unknown) => warnings.push(said) } as never;
const task = (token: string, sourceDigest = 'd'.repeat(64)): TaskState =>
  ({ token, appId: 'app', service: 'web', sourceDigest }) as TaskState;

/** The database's clock, as far as these tests see it: each build begins later than the one before. */
let builds = 0;
const clock: Clock = { now: () => new Date(Date.UTC(2026, 0, 1) + builds++) };
const writer = (maxBytes?: number): BuildLogWriter => new BuildLogWriter({ pool, logger, clock, maxBytes });

/** Whoever claims a task gets the next fence. */
async function claimed({ token, service }: TaskState): Promise<ClaimedTask> {
  const taskId = `${token}/${service}`;
  const { rows } = await pool.query<{ fence: string }>(
    `INSERT INTO work (id, key, fence) VALUES ($1, $1, 1)
     ON CONFLICT (id) DO UPDATE SET fence = work.fence + 1 RETURNING fence`,
    [taskId],
  );
  return { taskId, fence: BigInt(rows[0]?.fence ?? 0) };
}

/** A build of its own that says these lines, whole. */
async function build(state: TaskState, ...lines: readonly string[]): Promise<void> {
  const claim = await claimed(state);
  const one = writer();
  one.add(claim, state, lines);
  await one.end(claim);
}

async function release(digest: string): Promise<string> {
  const id = `app-web-${digest}`;
  await insertRelease(pool, task('any'), { id, sourceDigest: digest, image: 'i' } as Release);
  return id;
}

async function lastByte(token: string): Promise<number> {
  const { rows } = await pool.query<{ bytes: string }>(
    'SELECT max(position + octet_length(text)) AS bytes FROM build_logs WHERE token = $1',
    [token],
  );
  return Number(rows[0]?.bytes);
}

describe('the log of a build', () => {
  it('is whole when the build has ended, however it came, and can be read by its request', async () => {
    const claim = await claimed(task('t1'));
    const one = writer();
    one.add(claim, task('t1'), ['first']);
    one.add(claim, task('t1'), ['second', 'with \u0000 NUL']);
    await one.end(claim);
    expect(await logs.ofRequest('t1', 'web')).toBe('first\nsecond\nwith  NUL\n');
    expect(await logs.ofRequest('t1', 'other')).toBeUndefined();
  });

  it('can be read while the build goes on', async () => {
    const claim = await claimed(task('t2'));
    const one = writer();
    one.add(claim, task('t2'), ['step 1']);
    await expect.poll(() => logs.ofRequest('t2', 'web')).toBe('step 1\n');
    one.add(claim, task('t2'), ['step 2']);
    await one.end(claim);
    expect(await logs.ofRequest('t2', 'web')).toBe('step 1\nstep 2\n');
  });

  it('keeps its end when it is longer than is kept, and says that the beginning is missing', async () => {
    const line = 'x'.repeat(99);
    const bulk = Array.from({ length: 50 }, () => line);
    const [slowClaim, fastClaim] = await Promise.all([claimed(task('t3')), claimed(task('t4'))]);
    const slow = writer(1_000);
    for (let n = 0; n < 5; n++) {
      slow.add(slowClaim, task('t3'), bulk.slice(0, 4));
      const stored = (n + 1) * 400;
      await expect.poll(async () => (await lastByte('t3')) === stored).toBe(true);
    }
    await slow.end(slowClaim);
    const fast = writer(1_000);
    fast.add(fastClaim, task('t4'), [...bulk, 'the end']);
    await fast.end(fastClaim);
    const { rows } = await pool.query<{ bytes: number }>(
      'SELECT sum(octet_length(text))::int AS bytes FROM build_logs GROUP BY token',
    );
    expect(rows.map(({ bytes }) => bytes).sort()).toEqual([1_200, 908].sort());
    expect(await logs.ofRequest('t3', 'web')).toMatch(/^\[the first 800 bytes are not kept\]\n(x+\n){12}$/);
    expect(await logs.ofRequest('t4', 'web')).toMatch(
      /^\[the first 4100 bytes are not kept\]\n[^]*the end\n$/,
    );
  });

  it('is that of the last build when a task is built again after a take-over, whoever writes last', async () => {
    const first = await claimed(task('t5'));
    const stalled = writer();
    stalled.add(first, task('t5'), ['of the stalled replica']);
    await expect.poll(() => logs.ofRequest('t5', 'web')).toBe('of the stalled replica\n');
    await build(task('t5'), 'of the one that took over');
    stalled.add(first, task('t5'), ['woken up']);
    await stalled.end(first);
    expect(await logs.ofRequest('t5', 'web')).toBe('of the one that took over\n');
  });

  it('is that of the replica that took over from one whose clock is an hour fast', async () => {
    const first = await claimed(task('t8'));
    const hourFast = { now: () => new Date(Date.now() + 3_600_000) };
    const fast = new BuildLogWriter({ pool, logger, clock: hourFast });
    fast.add(first, task('t8'), ['of the fast clock']);
    await expect.poll(() => logs.ofRequest('t8', 'web')).toBe('of the fast clock\n');
    await build(task('t8'), 'of the one that took over');
    expect(await logs.ofRequest('t8', 'web')).toBe('of the one that took over\n');
  });

  it('is that of the last build when one replica claims the task again while its first build still ends', async () => {
    const one = writer();
    const first = await claimed(task('t9'));
    one.add(first, task('t9'), ['first build']);
    const second = await claimed(task('t9'));
    one.add(second, task('t9'), ['second build']);
    await Promise.all([one.end(first), one.end(second)]);
    expect(await logs.ofRequest('t9', 'web')).toBe('second build\n');
  });

  it('is found by the release, and goes with it', async () => {
    const id = await release('a1');
    await build(task('t6', 'a1'), 'built');
    expect(await logs.ofRelease(id)).toBe('built\n');
    expect(await logs.builds('app', 'web')).toMatchObject([{ token: 't6', release: id, bytes: 6 }]);
    await pool.query('DELETE FROM releases WHERE id = $1', [id]);
    expect(await logs.ofRequest('t6', 'web')).toBeUndefined();
  });

  it('of a build that came to nothing is kept for ten builds, of a release as long as the release', async () => {
    const id = await release('good');
    await build(task('good', 'good'), 'good');
    for (let n = 0; n < 12; n++) await build(task(`bad-${n}`, `bad-${n}`), 'bad');
    const tokens = (await logs.builds('app', 'web')).map(({ token }) => token);
    expect(tokens).toEqual([...Array.from({ length: 10 }, (_, n) => `bad-${11 - n}`), 'good']);
    expect(await logs.ofRelease(id)).toBe('good\n');
  });

  it('that cannot be stored does not stop the build', async () => {
    const { url, schema } = database;
    const gone = createPool({ url, schema, applicationName: 'gone' });
    await gone.end();
    const one = new BuildLogWriter({ pool: gone, logger, clock });
    const claim = { taskId: 't7/web', fence: 1n };
    one.add(claim, task('t7'), ['lost']);
    await one.end(claim);
    expect(warnings).toHaveLength(1);
  });
});
