import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { InstanceAddress, NodePage } from '#libs/contracts';
import { metricOf, requireEnv, testNodes, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { answerOf, slipway } from '../e2e/command.js';
import { containersOf, exactly, nodeStates, onNode, query, registryRows, settled } from '../e2e/world.js';
import { cutOff, whileCutOff } from './cut-off.js';
import { inWhole } from './in-whole.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

/** A machine that is busy with other work may be so much slower; the times themselves are printed. */
const BUSY = 3;
const ELSEWHERE_MS = BUSY * 15_000;
const LATER = { timeoutMs: 90_000 };

const allReady = () =>
  until('all nodes to be ready', async () => (await nodeStates()).every((state) => state === 'ready'), LATER);
const page = async (node: string): Promise<NodePage> =>
  answerOf((await slipway('node', 'show', node, '--json')).out) as NodePage;
const unreachableSince = async (node: string): Promise<number> => {
  const verdict = (await page(node)).events?.find(({ event }) => event === 'unreachable');
  return Date.parse(verdict?.at ?? '');
};
const runningRows = async (appId: string) =>
  (await registryRows(appId)).filter(({ state }) => state === 'running');

async function spread(appId: string): Promise<readonly InstanceAddress[]> {
  await allReady();
  await client.push(appId, 'web', greeter('up', { replicas: 3 }));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  const instances = reply.services[0]?.instances ?? [];
  expect(new Set(instances.map(({ node }) => node)).size).toBe(3);
  await settled(appId, 3);
  return instances;
}
const end = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });

/** Looks at the registry again and again until what it gives is called, which gives what did not hold. */
function watchRegistry(appId: string, node: string): () => Promise<readonly string[]> {
  const wrong: string[] = [];
  let isOver = false;
  let isElsewhere = false;
  const watching = (async () => {
    while (!isOver) {
      const running = await runningRows(appId);
      const stale = running.filter((row) => row.node === node);
      isElsewhere ||= running.length === 3 && stale.length === 0;
      if (isElsewhere) wrong.push(...stale.map(({ url }) => `${url} is stale`));
      if (running.length > 3) wrong.push(`${running.length} run`);
      const [lost] = await query<{ state: string }>('SELECT state FROM registry.nodes WHERE name = $1', [
        node,
      ]);
      if (isElsewhere && lost?.state === 'ready') return;
      await delay(20);
    }
  })();
  return async () => {
    isOver = true;
    await watching;
    return wrong;
  };
}

describe('a node that is lost', () => {
  it('has its instances started elsewhere within seconds, and comes back clean before it takes new work', async () => {
    const appId = uniqueName('lost');
    const [{ node, container }] = (await spread(appId)) as [InstanceAddress];
    const watched = watchRegistry(appId, node);
    const begun = performance.now();
    const join = await cutOff(node);
    try {
      await until(
        'three to run elsewhere',
        async () => {
          const running = await runningRows(appId);
          return running.length === 3 && running.every((row) => row.node !== node);
        },
        { timeoutMs: ELSEWHERE_MS },
      );
      const elsewhereMs = performance.now() - begun;
      console.info(`three run again ${Math.round(elsewhereMs)} ms after the cut`);
      expect(elsewhereMs).toBeLessThan(ELSEWHERE_MS);
      for (const { url } of await runningRows(appId)) expect(await (await fetch(url)).text()).toBe('up');
      expect(await page(node)).toMatchObject({
        ...{ state: 'unreachable', stateReason: expect.any(String) as string },
      });
      expect((await slipway('node', 'ls')).out).toMatch(new RegExp(`^${node} +unreachable .*answer`, 'm'));
    } finally {
      await join();
    }
    const joined = performance.now();
    await until('the node to be ready', async () => (await page(node)).state === 'ready', LATER);
    console.info(`ready again, and clean, ${Math.round(performance.now() - joined)} ms after it was joined`);
    expect((await containersOf(appId)).map(({ id }) => id)).not.toContain(container);
    expect(await containersOf(appId)).toHaveLength(3);
    expect(await watched()).toEqual([]);
    const happened = (await page(node)).events?.slice(0, 3).map(({ event }) => event);
    expect(happened?.reverse()).toEqual(['unreachable', 'returning', 'reachable']);
    expect(await settled(appId, 3)).toEqual(exactly(3));
    await end(appId);
  });
});

inWhole.describe('several instances of one service on a node that is lost', () => {
  it('are started elsewhere side by side, by one request', async () => {
    const appId = uniqueName('three');
    await allReady();
    const [lost, ...others] = (await testNodes()).map(({ name }) => name) as [string, ...string[]];
    for (const other of others) await slipway('node', 'cordon', other);
    await client.push(appId, 'web', greeter('up', { replicas: 3 }));
    await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
    await settled(appId, 3);
    for (const other of others) await slipway('node', 'uncordon', other);
    await allReady();
    expect((await runningRows(appId)).map(({ node }) => node)).toEqual([lost, lost, lost]);
    const begun = performance.now();
    await whileCutOff(lost, async () => {
      await until(
        'three to run elsewhere',
        async () => {
          const running = await runningRows(appId);
          return running.length === 3 && running.every(({ node }) => node !== lost);
        },
        { timeoutMs: ELSEWHERE_MS },
      );
      console.info(`three of one node run again ${Math.round(performance.now() - begun)} ms after the cut`);
    });
    const relaunched = client.events.filter(
      ({ data }) => data.event === 'InstanceRelaunched' && data.appId === appId,
    );
    expect(relaunched).toHaveLength(3);
    expect(new Set(relaunched.map(({ data }) => (data.data as { repair?: string }).repair)).size).toBe(1);
    await allReady();
    expect(await settled(appId, 3)).toEqual(exactly(3));
    await end(appId);
  });
});

inWhole.describe('instances of one service on two nodes that are lost together', () => {
  it('were started elsewhere one node after the other: one request starts both', async () => {
    const appId = uniqueName('both');
    const [first, second] = (await spread(appId)) as [InstanceAddress, InstanceAddress];
    const lost = [first.node, second.node];
    const begun = performance.now();
    await whileCutOff(first.node, () =>
      whileCutOff(second.node, async () => {
        await until(
          'three to run on the third node',
          async () => {
            const running = await runningRows(appId);
            return running.length === 3 && running.every(({ node }) => !lost.includes(node));
          },
          { timeoutMs: ELSEWHERE_MS },
        );
        console.info(`two of two nodes run again ${Math.round(performance.now() - begun)} ms after the cut`);
      }),
    );
    const silentSince = await Promise.all(lost.map(unreachableSince));
    const apartMs = Math.abs((silentSince[0] ?? 0) - (silentSince[1] ?? 0));
    console.info(`their verdicts came ${apartMs} ms apart`);
    const relaunched = client.events.filter(
      ({ data }) => data.event === 'InstanceRelaunched' && data.appId === appId,
    );
    expect(relaunched.map(({ data }) => data.node).toSorted()).toEqual(lost.toSorted());
    const requests = new Set(relaunched.map(({ data }) => (data.data as { repair?: string }).repair));
    // On a machine that is very busy the second verdict may come too late.
    expect(requests.size).toBeLessThanOrEqual(apartMs < 2_000 ? 1 : 2);
    await allReady();
    expect(await settled(appId, 3)).toEqual(exactly(3));
    await end(appId);
  });
});

describe('nodes that agents watch', () => {
  const engineLooks = (): Promise<number> =>
    metricOf(requireEnv('SLIPWAY_DEPLOYER_URL'), 'slipway_deployer_engine_looks_total');
  const looks = async (): Promise<ReadonlyMap<string, number>> => {
    const rows = await query<{ node: string; due: number }>(
      'SELECT node, extract(epoch FROM due_at)::float8 AS due FROM deployer.node_checks',
      [],
    );
    return new Map(rows.map(({ node, due }) => [node, due]));
  };

  inWhole.it('are looked at again and again while their engines are asked nothing', async () => {
    const appId = uniqueName('quiet');
    await spread(appId);
    const names = (await testNodes()).map(({ name }) => name);
    await until(
      'three looks at each node that ask no engine',
      async () => {
        const asked = await engineLooks();
        for (let look = 0; look < 3; look += 1) {
          const last = await looks();
          await until(
            'another look at each',
            async () => {
              const now = await looks();
              return names.every((node) => (now.get(node) ?? 0) > (last.get(node) ?? 0));
            },
            LATER,
          );
          if ((await engineLooks()) !== asked) return false;
        }
        return true;
      },
      // What tasks of before may have left is looked for once more, later.
      { timeoutMs: 120_000 },
    );
    await end(appId);
  });

  it('an instance that vanishes is missed at once, not at the next look', async () => {
    const appId = uniqueName('vanished');
    const [{ node, container }] = (await spread(appId)) as [InstanceAddress];
    const begun = performance.now();
    await onNode(node, 'docker', 'rm', '-f', container);
    await until(
      'the repair',
      () =>
        client.events.find(
          ({ data }) => data.event === 'InstanceRelaunched' && JSON.stringify(data).includes(appId),
        ),
      { timeoutMs: ELSEWHERE_MS },
    );
    console.info(`relaunched ${Math.round(performance.now() - begun)} ms after it was removed`);
    await until('three to run', async () => (await runningRows(appId)).length === 3, LATER);
    await end(appId);
  });
});
