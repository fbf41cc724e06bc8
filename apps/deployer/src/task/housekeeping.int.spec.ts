import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectEngine } from '#libs/engine';
import { type Pool } from '#libs/postgres';
import { requireEnv, uniqueName, type TestDatabase } from '#libs/testing';
import { pack } from 'tar-stream';
import { removeBuilderLeftovers } from '../build/adapters/builder-leftovers.js';
import { purgeNodeRequests } from '../rollout/adapters/node-rows.js';
import { removeSourceLeftovers, SOURCE_PREFIX } from '../build/adapters/source-leftovers.js';
import { createDeployerDatabase } from './database.testing.js';

let database: TestDatabase;
let pool: Pool;
beforeAll(async () => {
  database = await createDeployerDatabase();
  ({ pool } = database);
});
afterAll(() => database.drop());

async function task(token: string, result: object | null): Promise<void> {
  await pool.query(
    `INSERT INTO requests (token, request, reply_topic, open_tasks) VALUES ($1, '{"appId": "shop"}', 'r', 1)`,
    [token],
  );
  await pool.query(
    `INSERT INTO tasks (id, token, position, result, service) VALUES ($1 || '/web', $1, 0, $2, 'web')`,
    [token, result],
  );
}

it('source folders go with the process that made them, and no others', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'slipway-sources-'));
  const ended = spawn(process.execPath, ['-e', '0']);
  await once(ended, 'close');
  const folder = (name: string): string => {
    const path = join(directory, name);
    mkdirSync(path);
    writeFileSync(join(path, 'file'), '');
    return path;
  };
  const left = folder(`source-${hostname()}-${ended.pid}-Ab12Cd`);
  const before = folder(`${SOURCE_PREFIX}of-one-before`);
  utimesSync(before, 1, 1);
  const kept = [
    folder(`${SOURCE_PREFIX}Ab12Cd`),
    folder(`source-${hostname()}-1-Ab12Cd`),
    folder(`source-elsewhere-${ended.pid}-Ab12Cd`),
    folder('something-else'),
  ];
  expect(await removeSourceLeftovers(directory)).toBe(2);
  expect([left, before].map((path) => existsSync(path))).toEqual([false, false]);
  expect(kept.map((path) => existsSync(path))).toEqual(kept.map(() => true));
  expect(await removeSourceLeftovers(join(directory, 'none'))).toBe(0);
  rmSync(directory, { recursive: true });
});

it('node requests go when their task has ended some time ago, however many there are', async () => {
  await task('ended', { status: 'running' });
  await task('open', null);
  await pool.query(
    `INSERT INTO node_requests (access_token, task_id)
     SELECT 'ended:' || n, 'ended/web' FROM generate_series(1, 1200) AS n UNION ALL SELECT 'open', 'open/web'`,
  );
  await pool.query(
    `INSERT INTO work (id, key, state, finished_at) VALUES ('ended/web', 'k', 'done', now() - interval '59 s')`,
  );
  expect(await purgeNodeRequests(pool, 60_000)).toBe(0);
  expect(await purgeNodeRequests(pool, 58_000)).toBe(1_200);
  const { rows } = await pool.query('SELECT access_token FROM node_requests');
  expect(rows).toEqual([{ access_token: 'open' }]);
  await pool.query('TRUNCATE tasks, requests, node_requests, work CASCADE');
});

describe('images on the builder', () => {
  const engine = connectEngine({ socketPath: new URL(requireEnv('BUILDER_HOST')).pathname });
  afterAll(() => engine.close());

  const builtBy = async (installation: string, service: string): Promise<string> => {
    const tag = `${uniqueName('left')}:1`;
    const archive = pack();
    archive.entry({ name: 'Dockerfile' }, `FROM scratch\nLABEL unique=${tag}\nCOPY Dockerfile /\n`);
    archive.finalize();
    const labels = { 'slipway.built-by': installation, 'slipway.app': 'shop', 'slipway.service': service };
    await engine.build({ context: Readable.from(archive), tag, labels });
    return tag;
  };

  it('go when they are ours, old, and of no task that is open', async () => {
    const installation = uniqueName('us');
    const tags = [
      await builtBy(installation, 'web'),
      await builtBy(installation, 'prices'),
      await builtBy(uniqueName('them'), 'prices'),
    ];
    await task('building', null);
    const options = { installation, now: Date.now(), ageMs: 3_600_000 };
    expect(await removeBuilderLeftovers(engine, pool, options)).toBe(0);
    const later = { ...options, now: Date.now() + 3_700_000 };
    expect(await removeBuilderLeftovers(engine, pool, later)).toBe(1);
    expect(await Promise.all(tags.map((tag) => engine.hasImage(tag)))).toEqual([true, false, true]);
    await Promise.all(tags.map((tag) => engine.removeImage(tag)));
  });
});
