import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply, InstanceAddress } from '#libs/contracts';
import { uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { slipway } from '../e2e/command.js';
import { containersOf, exactly, nodeStates, onNode, registryRows, settled } from '../e2e/world.js';
import { whileCutOff } from './cut-off.js';

// Among all stages, lost-node has a node that is cut off.

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const BOUND_MS = 45_000;
const ask = (mode: string, appId: string): Promise<DeploymentReply> =>
  client.ask({ mode, appId, services: ['web'] });

/** One instance on each node; the last of them. */
async function spread(appId: string): Promise<InstanceAddress> {
  // One that was cut off before is ready again once it was seen to answer.
  await until('all nodes to be ready', async () => (await nodeStates()).every((state) => state === 'ready'), {
    timeoutMs: 60_000,
  });
  await client.push(appId, 'web', greeter('one', { replicas: 3 }));
  const instances = (await ask('build-and-run', appId)).services[0]?.instances ?? [];
  expect(new Set(instances.map(({ node }) => node)).size).toBe(3);
  await settled(appId, 3);
  return instances[2] as InstanceAddress;
}

async function stoppedRows(appId: string): Promise<number> {
  return (await registryRows(appId)).filter(({ state }) => state === 'stopped').length;
}

async function timed<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly ms: number }> {
  const before = performance.now();
  const result = await work();
  return { result, ms: performance.now() - before };
}

describe('a node that is cut off', () => {
  it('a stop says that it does not answer, stops all others, and is carried out once it does', async () => {
    const appId = uniqueName('unstopped');
    const { node } = await spread(appId);
    const log = async () => (await slipway('logs', appId, 'web')).err;
    const { result, ms } = await whileCutOff(node, async () => {
      // Said once the connection is given up, and before anything is stopped.
      expect(await log()).toMatch(/^NODE_UNREACHABLE {2}.*\nhint: /m);
      const stop = await timed(() => ask('stop', appId));
      await until('the others to be stopped', async () => (await stoppedRows(appId)) === 2);
      return stop;
    });
    expect(ms).toBeLessThan(BOUND_MS);
    expect(result.services[0]).toMatchObject({ status: 'failed', error: { code: 'NODE_UNREACHABLE' } });
    await until('the reconciler to stop it', async () => (await containersOf(appId)).length === 0, {
      timeoutMs: 60_000,
    });
    expect((await ask('stop', appId)).services[0]).toMatchObject({ status: 'not-running' });
    expect(await settled(appId, 0)).toEqual(exactly(0));
  });

  it('a replacement goes elsewhere, leaves what it cannot reach behind, and says so', async () => {
    const appId = uniqueName('behind');
    const lost = await spread(appId);
    await client.push(appId, 'web', greeter('two', { replicas: 3 }));
    try {
      await whileCutOff(lost.node, async () => {
        const { result, ms } = await timed(() => ask('build-and-run', appId));
        expect(ms).toBeLessThan(BOUND_MS);
        const [service] = result.services;
        expect(service?.error).toBeUndefined();
        expect(service?.notes?.join()).toContain(`its node ${lost.node} does not answer`);
        expect(service?.instances).toHaveLength(3);
        for (const { node, url } of service?.instances ?? []) {
          expect(node).not.toBe(lost.node);
          expect(await (await fetch(String(url))).text()).toBe('two');
        }
        const running = (await registryRows(appId)).filter(({ state }) => state === 'running');
        expect(running.map(({ node }) => node)).not.toContain(lost.node);
      });
    } finally {
      await onNode(lost.node, 'docker', 'rm', '-f', lost.container);
      await ask('stop', appId);
    }
    expect(await settled(appId, 0)).toEqual(exactly(0));
  });
});
