import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceAddress, NodePage } from '#libs/contracts';
import { testNodes, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { answerOf, RunningCommand, slipway } from '../e2e/command.js';
import { slow } from '../e2e/services.js';
import { Traffic } from '../e2e/traffic.js';
import { containersOf, exactly, nodeStates, query, registryRows, settled } from '../e2e/world.js';
import { whileCutOff } from './cut-off.js';
import { inWhole } from './in-whole.js';

// Left out of the short form: what volumes hold up, and a node that is removed while it is lost, which takes a minute each.

const client = new Client();
const nodes = await testNodes();
beforeAll(() => client.connect());
afterAll(() => client.close());

const LATER = { timeoutMs: 90_000 };
const allReady = () =>
  until('all nodes to be ready', async () => (await nodeStates()).every((state) => state === 'ready'), LATER);

/** As it was before: whatever a case left of it. */
async function bringBack({ name, address, sshPort, privateKeyFile }: (typeof nodes)[number]): Promise<void> {
  const port = ['--ssh-port', String(sshPort)];
  const added = await slipway(
    'node',
    'add',
    name,
    '--address',
    address,
    ...port,
    '--key-file',
    privateKeyFile,
  );
  expect(added.err).toBe('');
  await slipway('node', 'uncordon', name);
}
afterEach(async () => {
  for (const node of nodes) await bringBack(node);
  await allReady();
}, 120_000);

async function deploy(
  appId: string,
  files: Readonly<Record<string, string>>,
): Promise<readonly InstanceAddress[]> {
  await allReady();
  await client.push(appId, 'web', files);
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply.services[0]?.error).toBeUndefined();
  return reply.services[0]?.instances ?? [];
}
const end = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });
const page = async (name: string): Promise<NodePage> =>
  answerOf((await slipway('node', 'show', name, '--json')).out) as NodePage;
const runningOn = async (appId: string): Promise<readonly string[]> =>
  (await registryRows(appId)).filter(({ state }) => state === 'running').map(({ node }) => node);

describe('a node that is drained', () => {
  it('empties while a client of the gateway sees no error', async () => {
    const appId = uniqueName('drained');
    const instances = await deploy(appId, slow('one', { replicas: 3 }));
    const [{ node = '' } = {}] = instances;
    expect(new Set(instances.map((instance) => instance.node)).size).toBe(3);
    await settled(appId, 3);
    const traffic = new Traffic(appId);
    const drained = await slipway(
      'node',
      'drain',
      node,
      '--wait',
      '--deadline',
      '2m',
      '--reason',
      'new disk',
    );
    await traffic.stop();
    expect([drained.code, drained.err]).toEqual([0, '']);
    expect(drained.out).toContain(`${node}: 1 instance to move`);
    expect(drained.out).toContain(
      `next: slipway node uncordon ${node}, or for good: slipway node remove ${node}`,
    );
    expect(traffic.failures).toEqual([]);
    expect(traffic.fewest).toBe(3);
    expect(traffic.answers.get('one')).toBeGreaterThan(10);
    expect(await settled(appId, 3)).toEqual(exactly(3));
    expect(await runningOn(appId)).not.toContain(node);
    expect(await page(node)).toMatchObject({
      ...{ state: 'draining', stateReason: expect.stringMatching(/^drained at /) as string, instances: [] },
      drain: { left: 0, isLate: false },
    });
    // Nothing new is placed there either, until it takes instances again.
    await client.scale({ appId, service: 'web', to: 4 });
    expect(await runningOn(appId)).not.toContain(node);
    const back = await slipway('node', 'uncordon', node, '--json');
    expect(answerOf(back.out)).toMatchObject({ name: node, state: 'ready', wish: 'none' });
    await end(appId);
  });

  inWhole.it(
    'says what holds it up, kills nothing at its deadline, and is done when that is stopped',
    async () => {
      const appId = uniqueName('held');
      const volumes = [{ name: 'data', path: '/app/data' }];
      const [{ node = '', url } = {}] = await deploy(appId, greeter('kept', { volumes }));
      const late = await slipway('node', 'drain', node, '--wait', '--deadline', '8s');
      expect(late.code).toBe(1);
      expect(late.out).toContain('its volumes lie on this node');
      expect(late.err).toContain('DRAIN_LATE');
      expect(await (await fetch(String(url))).text()).toBe('kept');
      const held = await page(node);
      expect(held.stateReason).toContain('has passed, and 1 instance is there still');
      expect(held.drain?.holding).toMatchObject([{ appId, service: 'web' }]);
      const refused = await slipway('node', 'remove', node, '--json');
      expect(answerOf(refused.out)).toMatchObject({ error: { code: 'NODE_IN_USE' } });
      const waiting = new RunningCommand(['node', 'drain', node, '--wait']);
      await waiting.says('its volumes lie on this node');
      await end(appId);
      expect((await waiting.ended).code).toBe(0);
      expect((await page(node)).drain).toMatchObject({ left: 0, holding: [] });
    },
  );

  inWhole.it(
    'empties of what may be missing, though it can run nowhere else; that is back once the node is',
    async () => {
      const appId = uniqueName('missing');
      const volumes = [{ name: 'data', path: '/app/data' }];
      const [{ node = '' } = {}] = await deploy(appId, greeter('kept', { volumes, maxUnavailable: 1 }));
      const drained = await slipway('node', 'drain', node, '--wait', '--deadline', '1m');
      expect([drained.code, drained.err]).toEqual([0, '']);
      expect(await settled(appId, 0)).toEqual(exactly(0));
      const wanted = await query<{ state: string; count: number }>(
        'SELECT state, count FROM deployer.specs WHERE app_id = $1',
        [appId],
      );
      expect(wanted).toEqual([{ state: 'running', count: 1 }]);
      await slipway('node', 'uncordon', node);
      await until('it to run there again', async () => (await runningOn(appId)).join() === node, LATER);
      const [{ url } = {}] = (await registryRows(appId)).filter(({ state }) => state === 'running');
      expect(await (await fetch(String(url))).text()).toBe('kept');
      await end(appId);
    },
  );

  inWhole.it('can be removed and enrolled again, by its address alone', async () => {
    const [node] = nodes;
    await allReady();
    await slipway('node', 'drain', node.name, '--wait');
    const removed = await slipway('node', 'remove', node.name, '--json');
    expect(answerOf(removed.out)).toMatchObject({ name: node.name, state: 'gone' });
    expect((await slipway('node', 'ls')).out).not.toContain(`${node.name} `);
    expect((await slipway('node', 'ls', '--removed')).out).toMatch(new RegExp(`^${node.name} +gone`, 'm'));
    const place = `${node.sshUser}@${node.address}:${node.sshPort}`;
    const options = ['--key-file', node.privateKeyFile, '--label', 'disk=ssd', '--zone', 'rack-1', '--json'];
    const added = await slipway('node', 'add', place, '--name', node.name, ...options);
    expect(answerOf(added.out)).toMatchObject({
      ...{ name: node.name, state: 'ready', labels: { disk: 'ssd' }, zone: 'rack-1' },
    });
    const checked = await slipway('node', 'check', node.name);
    expect([checked.code, checked.err]).toEqual([0, '']);
  });
});

inWhole.it(
  'a login that was changed is that of the deployer, too, without anything being placed there',
  async () => {
    const [{ name, privateKeyFile }] = nodes;
    const sealed = async () =>
      (
        await query<{ sealed: string }>(
          `SELECT login ->> 'sealedLogin' AS sealed FROM deployer.node_logins WHERE node = $1`,
          [name],
        )
      )[0]?.sealed;
    const before = await until('the deployer to know the way', sealed, LATER);
    const changed = await slipway('node', 'login', name, '--key-file', privateKeyFile);
    expect([changed.code, changed.err]).toEqual([0, '']);
    await until('the deployer to know the new one', async () => (await sealed()) !== before, LATER);
  },
);

inWhole.describe('a node that is lost for ever', () => {
  it.each([
    ['before anybody knows that it is lost', false] as const,
    ['once it is known not to answer, and is waited for no more', true] as const,
  ])('is removed by force %s: what ran there runs elsewhere', async (_when, isKnown) => {
    const appId = uniqueName('lost');
    const instances = await deploy(appId, greeter('here', { replicas: 3 }));
    const [{ node = '' } = {}] = instances;
    await whileCutOff(node, async () => {
      if (isKnown) await until('the verdict', async () => (await page(node)).state === 'unreachable', LATER);
      const begun = performance.now();
      const removed = await slipway('node', 'remove', node, '--force', '--reason', 'it burned', '--json');
      expect(answerOf(removed.out)).toMatchObject({ state: 'gone', stateReason: 'it burned' });
      await until(
        'three to run elsewhere',
        async () => {
          const running = await runningOn(appId);
          return running.length === 3 && !running.includes(node);
        },
        LATER,
      );
      const known = async () =>
        (await query('SELECT node FROM deployer.node_checks WHERE node = $1', [node])).length > 0;
      await until('the deployer to forget it', async () => !(await known()), LATER);
      const forgottenMs = performance.now() - begun;
      console.info(`the deployer forgot it ${Math.round(forgottenMs)} ms after it was removed`);
      // Each look at it, and each task that had run there, waited 10 s for its engine: that came to 40 s and more.
      expect(forgottenMs).toBeLessThan(isKnown ? 25_000 : 35_000);
      expect((await page(node)).events?.[0]).toMatchObject({ event: 'removed', reason: 'it burned' });
    });
    const lost = nodes.find(({ name }) => name === node);
    if (lost !== undefined) await bringBack(lost);
    await end(appId);
    await until('what it left there to be removed', async () => (await containersOf(appId)).length === 0, {
      timeoutMs: 120_000,
    });
  });
});
