import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { InstanceAddress } from '#libs/contracts';
import { type AppProcess, metricOf, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { containersOf, nodeStates, onNode } from '../e2e/world.js';
import { cutOff } from './cut-off.js';
import { OwnPlatform } from './own-platform.js';

/** All apps but the agent. They look often and lose patience soon, so that the test does not wait for minutes. */
const IMPATIENT = {
  ...{ DEPLOYER_RECONCILE_MS: '2000', DEPLOYER_NODE_LOST_MS: '2000', DEPLOYER_ORPHAN_AGE_MS: '3000' },
  // The ports of the platform are its own.
  ...{ NODE_FIRST_PORT: '30000', NODE_LAST_PORT: '30099' },
};
const LATER = { timeoutMs: 90_000 };

const client = new Client();
let platform: OwnPlatform;
let scratch: string;
let deployer: AppProcess;
beforeAll(async () => {
  await client.connect();
  platform = await OwnPlatform.create();
  scratch = await mkdtemp(join(tmpdir(), 'slipway-without-agents-'));
  Object.assign(platform.env, IMPATIENT, { DEPLOYER_WORK_DIRECTORY: scratch });
  [deployer] = await Promise.all([
    platform.start('deployer'),
    platform.start('load-balancer'),
    platform.enrolNodes(),
  ]);
}, 120_000);
afterAll(async () => {
  await platform?.close();
  await rm(scratch, { recursive: true, force: true });
  await client.close();
});

async function ask(mode: string, appId: string): Promise<readonly InstanceAddress[]> {
  const [service] = (await platform.ask(deployer, { mode, appId, services: ['web'] })).services;
  expect(service?.error).toBeUndefined();
  return service?.instances ?? [];
}

const rows = async <R extends object>(sql: string, ...values: readonly string[]): Promise<readonly R[]> =>
  (await platform.database.pool.query<R>(sql, [...values])).rows;
const running = (appId: string) =>
  rows<{ node: string; url: string; container: string }>(
    `SELECT node, url, container FROM registry.instances WHERE app_id = $1 AND state = 'running'`,
    appId,
  );
const stateOf = async (node: string): Promise<string | undefined> =>
  (await rows<{ state: string }>('SELECT state FROM registry.nodes WHERE name = $1', node))[0]?.state;
const engineLooks = (): Promise<number> =>
  metricOf(String(deployer.httpUrls()['deployer']), 'slipway_deployer_engine_looks_total');

it('where no agent watches, nodes are polled: what is gone runs again, what is lost runs elsewhere, and all is cleaned', async () => {
  const appId = uniqueName('quiet');
  await client.push(appId, 'web', greeter('here', { replicas: 2 }));
  const [first, second] = (await ask('build-and-run', appId)) as [InstanceAddress, InstanceAddress];
  expect(first.node).not.toBe(second.node);

  const before = await engineLooks();
  await until(
    'engines to be asked though nothing differs',
    async () => (await engineLooks()) > before,
    LATER,
  );

  await onNode(first.node, 'docker', 'rm', '-f', first.container);
  await until(
    'another to run',
    async () => {
      const found = await running(appId);
      return found.length === 2 && found.every(({ container }) => container !== first.container);
    },
    LATER,
  );

  const begun = performance.now();
  const join = await cutOff(second.node);
  try {
    await until(
      'both to run elsewhere',
      async () => {
        const found = await running(appId);
        return found.length === 2 && found.every(({ node }) => node !== second.node);
      },
      LATER,
    );
    console.info(`both run elsewhere ${Math.round(performance.now() - begun)} ms after the cut`);
    expect(await stateOf(second.node)).toBe('unreachable');
    for (const { url } of await running(appId)) expect(await (await fetch(url)).text()).toBe('here');
  } finally {
    await join();
  }
  await until('the node to be ready', async () => (await stateOf(second.node)) === 'ready', LATER);
  // Clean first: what was started elsewhere meanwhile is gone by then.
  expect((await containersOf(appId)).map(({ id }) => id)).not.toContain(second.container);
  expect(await containersOf(appId)).toHaveLength(2);

  await ask('stop', appId);
  expect(await containersOf(appId)).toEqual([]);
  // The platform lost the node, too.
  await until(
    'its nodes to be ready',
    async () => (await nodeStates()).every((state) => state === 'ready'),
    LATER,
  );
}, 240_000);
