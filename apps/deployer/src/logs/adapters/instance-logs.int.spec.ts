import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until, type TestDatabase } from '#libs/testing';
import { createDeployerDatabase } from '../../task/database.testing.js';
import { EngineInstanceLogs } from './instance-logs.js';

const of = { appId: 'shop', service: 'web' };
const wish = { tail: 1, follow: true };
let database: TestDatabase;
beforeAll(async () => {
  database = await createDeployerDatabase();
  await database.pool.query(
    `INSERT INTO instances (name, task_id, app_id, service, node, container, report, stop, release_id)
     VALUES ('web-0', 't/web', 'shop', 'web', 'node-1', 'c', '{}', '{}', 'r')`,
  );
});
afterAll(() => database.drop());

const logsOf = () =>
  new EngineInstanceLogs(database.pool, {
    logs: (...asked) => Promise.resolve(asked.join()),
    followLogs: () => Promise.resolve(new PassThrough()),
  });

it('so many are followed at once that deployments keep channels to their nodes; those that ended count no more', async () => {
  const logs = logsOf();
  const opened = await Promise.all(Array.from({ length: 17 }, () => logs.open(of, 'web-0', wish)));
  const streams = opened.filter((one) => typeof one !== 'string');
  expect([streams.length, opened.filter((one) => one === 'busy').length]).toEqual([16, 1]);
  streams[0]?.destroy();
  await until('a place', async () => (await logs.open(of, 'web-0', wish)) !== 'busy');
});

it('what is followed ends with the deployer, whose HTTP would wait for it', async () => {
  const logs = logsOf();
  const stream = await logs.open(of, 'web-0', wish);
  logs.close();
  expect(typeof stream !== 'string' && stream.destroyed).toBe(true);
});

it('the instance of another service is not shown', async () => {
  expect(await logsOf().open({ ...of, service: 'db' }, 'web-0', wish)).toBe('unknown');
  expect(await logsOf().instances({ ...of, service: 'db' })).toBeUndefined();
});
