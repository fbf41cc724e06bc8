import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createPool, type Pool } from '#libs/postgres';
import { until } from '#libs/testing';
import type { Release } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';
import { createDeployerDatabase, type DeployerDatabase } from '../../task/database.testing.js';
import { BuildLogWriter } from './build-log-writer.js';
import { BuildLogs } from './build-logs.js';
import { insertRelease } from '../../task/adapters/task-rows.js';

let database: DeployerDatabase;
let pool: Pool;
let logs: BuildLogs;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
  logs = new BuildLogs(pool);
});
afterEach(() => pool.query('DELETE FROM build_logs'));
afterAll(() => database.close());

const warnings: unknown[] = [];
const logger = { warn: (said: unknown) => warnings.push(said) } as never;
const task = (token: string, sourceDigest = 'd'.repeat(64)): TaskState =>
  ({ token, appId: 'app', service: 'web', sourceDigest }) as TaskState;
const writer = (maxBytes?: number): BuildLogWriter => new BuildLogWriter({ pool, logger, maxBytes });

/** A build of its own that says these lines, whole. */
async function build(state: TaskState, ...lines: readonly string[]): Promise<void> {
  const one = writer();
  one.add(state, lines);
  await one.end(state);
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
    const one = writer();
    one.add(task('t1'), ['first']);
    one.add(task('t1'), ['second', 'with \u0000 NUL']);
    await one.end(task('t1'));
    expect(await logs.ofRequest('t1', 'web')).toBe('first\nsecond\nwith  NUL\n');
    expect(await logs.ofRequest('t1', 'other')).toBeUndefined();
  });

  it('can be read while the build goes on', async () => {
    const one = writer();
    one.add(task('t2'), ['step 1']);
    await expect.poll(() => logs.ofRequest('t2', 'web')).toBe('step 1\n');
    one.add(task('t2'), ['step 2']);
    await one.end(task('t2'));
    expect(await logs.ofRequest('t2', 'web')).toBe('step 1\nstep 2\n');
  });

  it('keeps its end when it is longer than is kept, and says that the beginning is missing', async () => {
    const line = 'x'.repeat(99);
    const bulk = Array.from({ length: 50 }, () => line);
    const slow = writer(1_000);
    for (let n = 0; n < 5; n++) {
      slow.add(task('t3'), bulk.slice(0, 4));
      const stored = (n + 1) * 400;
      await expect.poll(async () => (await lastByte('t3')) === stored).toBe(true);
    }
    await slow.end(task('t3'));
    const fast = writer(1_000);
    fast.add(task('t4'), [...bulk, 'the end']);
    await fast.end(task('t4'));
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
    const stalled = writer();
    stalled.add(task('t5'), ['of the stalled replica']);
    await new Promise((resolve) => setTimeout(resolve, 5));
    await build(task('t5'), 'of the one that took over');
    stalled.add(task('t5'), ['woken up']);
    await stalled.end(task('t5'));
    expect(await logs.ofRequest('t5', 'web')).toBe('of the one that took over\n');
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
    for (let n = 0; n < 12; n++) {
      const begun = Date.now();
      await build(task(`bad-${n}`, `bad-${n}`), 'bad');
      await until('the next one begins later, by the clock', () => Date.now() > begun);
    }
    const tokens = (await logs.builds('app', 'web')).map(({ token }) => token);
    expect(tokens).toEqual([...Array.from({ length: 10 }, (_, n) => `bad-${11 - n}`), 'good']);
    expect(await logs.ofRelease(id)).toBe('good\n');
  });

  it('that cannot be stored does not stop the build', async () => {
    const gone = createPool({ url: database.url, schema: database.schema, applicationName: 'gone' });
    await gone.end();
    const one = new BuildLogWriter({ pool: gone, logger });
    one.add(task('t7'), ['lost']);
    await one.end(task('t7'));
    expect(warnings).toHaveLength(1);
  });
});
