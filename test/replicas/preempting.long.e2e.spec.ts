import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deploymentReplied, type DeploymentReply, type EvictedInstance } from '#libs/contracts';
import { metricOf, requireEnv, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { RunningCommand } from '../e2e/command.js';
import { OwnPlatform } from './own-platform.js';

// Among all stages, preempting.int and waiting.int have it without instances.

const SETTINGS = {
  ...{ DEPLOYER_RECONCILE_MS: '2000', LOAD_BALANCER_PREEMPT: 'on' },
  // The ports of the platform are its own.
  ...{ NODE_FIRST_PORT: '30000', NODE_LAST_PORT: '30099' },
};
const LATER = { timeoutMs: 120_000 };
const REPLICAS = 3;

const client = new Client();
let platform: OwnPlatform;
let scratch: string;
let deployerUrl: string;
let balancerUrls: readonly string[];
/** Two of them fill the node, a third one does not fit. */
let resources: { readonly cpu: number; readonly memoryMiB: number };
beforeAll(async () => {
  await client.connect();
  platform = await OwnPlatform.create();
  scratch = await mkdtemp(join(tmpdir(), 'slipway-preempting-'));
  Object.assign(platform.env, SETTINGS, { DEPLOYER_WORK_DIRECTORY: scratch });
  const [deployer, balancers] = await Promise.all([
    platform.start('deployer'),
    Promise.all(Array.from({ length: REPLICAS }, () => platform.start('load-balancer'))),
    platform.enrolNodes(1),
  ]);
  deployerUrl = String(deployer.httpUrls()['deployer']);
  balancerUrls = balancers.map((app) => String(app.httpUrls()['load-balancer']));
  platform.env['SLIPWAY_LOAD_BALANCER_URL'] = balancerUrls[0];
  platform.env['SLIPWAY_DEPLOYER_URL'] = deployerUrl;
  const [node] = await rows<{ cpus: number }>('SELECT allocatable_cpus AS cpus FROM registry.nodes');
  resources = { cpu: Math.floor((Number(node?.cpus) / 2) * 100) / 100, memoryMiB: 64 };
}, 180_000);
afterAll(async () => {
  await platform?.close();
  await rm(scratch, { recursive: true, force: true });
  await client.close();
});

const rows = async <R extends object>(sql: string, ...values: readonly string[]): Promise<readonly R[]> =>
  (await platform.database.pool.query<R>(sql, [...values])).rows;
const headers = {
  authorization: `Bearer ${requireEnv('SLIPWAY_API_TOKEN')}`,
  'content-type': 'application/json',
};

async function ask(mode: string, appId: string): Promise<DeploymentReply> {
  const response = await fetch(`${deployerUrl}/v1/requests`, {
    ...{ method: 'POST', headers: { ...headers, prefer: 'wait=100' } },
    body: JSON.stringify({ mode, appId, appName: 'Test', services: ['web'] }),
  });
  return deploymentReplied.schema.parse(await response.json());
}
const push = (appId: string, config: object): Promise<void> =>
  client.push(appId, 'web', greeter(appId, { resources, ...config }));
const running = (appId: string) =>
  rows<{ name: string }>(
    `SELECT name FROM registry.instances WHERE app_id = $1 AND state = 'running'`,
    appId,
  );
/** The registry knows that so many run: it is told of it soon after the reply. */
const untilRunning = (appId: string, count: number) =>
  until(
    `${count} of ${appId} to run`,
    async () => {
      const found = await running(appId);
      return found.length === count ? found.map(({ name }) => name) : undefined;
    },
    LATER,
  );
const command = (...words: string[]) => new RunningCommand(words, platform.env).ended;

it('a service of a high priority gets the room of others on a full node, and they come back when it ends', async () => {
  const [low, high] = [uniqueName('low'), uniqueName('high')] as [string, string];
  await push(low, { replicas: 2, priority: -20 });
  expect(await ask('build-and-run', low)).toMatchObject({ status: true });
  const before = await untilRunning(low, 2);

  const size = ['--cpu', String(resources.cpu), '--memory', `${resources.memoryMiB}M`];
  const planned = await command('plan', 'place', ...size, '--priority', '50', '--preempt');
  expect([planned.code, planned.out]).toEqual([
    2,
    expect.stringContaining('1 instance would be stopped to make room'),
  ]);
  expect((await command('plan', 'place', ...size)).code).toBe(1);

  await push(high, { replicas: 2, priority: 50, placement: { preempt: true } });
  const reply = await ask('build-and-run', high);
  expect(reply.services[0]?.error).toBeUndefined();
  const [instance] = await untilRunning(high, 2);
  await untilRunning(low, 0);

  const history = await rows<{ name: string; reason: string }>(
    `SELECT name, state_reason AS reason FROM registry.instances WHERE app_id = $1 AND state = 'stopped' ORDER BY name`,
    low,
  );
  expect(history.map(({ name }) => name)).toEqual(before.toSorted());
  for (const { reason } of history)
    expect(reason).toMatch(new RegExp(`^It made room for ${high}/web with priority 50 [(]request repair-`));
  const requests = await rows<{ reply: string }>(
    `SELECT result::text AS reply FROM deployer.tasks t JOIN deployer.requests r USING (token)
     WHERE r.request ->> 'appId' = $1 AND r.request ? 'makesRoomFor'`,
    low,
  );
  expect(requests).toHaveLength(2);
  for (const { reply: said } of requests)
    expect(said).toContain(`made room for ${high}/web with priority 50.`);
  const explained = await rows<{ evicted: readonly EvictedInstance[] | null }>(
    `SELECT explanation -> 'evicted' AS evicted FROM load_balancer.placements WHERE app_id = $1 ORDER BY id`,
    high,
  );
  expect(explained.flatMap(({ evicted }) => (evicted ?? []).map((one) => one.instance)).toSorted()).toEqual(
    before.toSorted(),
  );
  const said = await command('placement', 'explain', String(instance));
  expect(said.out).toContain('Asked to make room for it while it waited');
  const counted = await Promise.all(
    balancerUrls.map((url) => metricOf(url, 'slipway_load_balancer_evictions_total')),
  );
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(2);

  const [spec] = await rows<{ state: string; count: number }>(
    'SELECT state, count FROM deployer.specs WHERE app_id = $1',
    low,
  );
  expect(spec, 'as many are wanted as before').toEqual({ state: 'running', count: 2 });
  expect(await ask('stop', high)).toMatchObject({ status: true });
  await untilRunning(low, 2);
  await untilRunning(high, 0);
  expect(await ask('stop', low)).toMatchObject({ status: true });
});

it('a request that is cancelled while others make room leaves nothing behind: no room is kept, and they run again', async () => {
  const [low, high, next] = [uniqueName('low'), uniqueName('high'), uniqueName('next')] as [
    string,
    string,
    string,
  ];
  // It takes long to stop, so the cancel comes before its end.
  await push(low, { replicas: 2, stop: { drainMs: 8_000 } });
  expect(await ask('build-and-run', low)).toMatchObject({ status: true });
  await untilRunning(low, 2);
  await push(high, { priority: 50, placement: { preempt: true } });
  const token = uniqueName('order');
  const body = { token, mode: 'build-and-run', appId: high, appName: 'Test', services: ['web'] };
  await fetch(`${deployerUrl}/v1/requests`, { method: 'POST', headers, body: JSON.stringify(body) });
  await until(
    'a victim to be asked',
    async () => (await rows('SELECT FROM load_balancer.evictions WHERE app_id = $1', low)).length === 1,
    LATER,
  );
  const cancel = {
    token: uniqueName('cancel'),
    mode: 'cancel',
    appId: high,
    appName: 'Test',
    cancels: token,
  };
  await fetch(`${deployerUrl}/v1/requests`, { method: 'POST', headers, body: JSON.stringify(cancel) });
  await until(
    'it to leave the line',
    async () => (await rows('SELECT FROM load_balancer.waiting_requests')).length === 0,
    LATER,
  );
  await until(
    'both to run',
    async () => {
      const { length } = await running(low);
      const open = await rows('SELECT FROM deployer.tasks WHERE result IS NULL');
      return length === 2 && open.length === 0;
    },
    LATER,
  );
  expect(await running(high)).toEqual([]);
  expect(await ask('stop', low)).toMatchObject({ status: true });
  await push(next, {});
  expect(await ask('build-and-run', next), 'nothing is kept').toMatchObject({ status: true });
  expect(await ask('stop', next)).toMatchObject({ status: true });
});
