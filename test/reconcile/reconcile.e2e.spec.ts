import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { containersOf, registryRows, reservationsOf } from '../e2e/world.js';
import { NodesUnderTest } from './nodes-under-test.js';

let nodes: NodesUnderTest;
let client: Client;
beforeAll(async () => {
  nodes = await NodesUnderTest.start();
  client = new Client();
  await client.connect();
});
afterAll(async () => {
  await client?.close();
  await nodes?.stop();
});

const SOON = { timeoutMs: 15_000 };
const LATER = { timeoutMs: 60_000 };
/** Three times what it takes: a machine that is busy with other work may be so slow. The time itself is printed. */
const ELSEWHERE = { timeoutMs: 45_000 };

async function deploy(appId: string, files = greeter('here'), service = 'web') {
  await client.push(appId, service, files);
  const reply = await client.ask({ mode: 'build-and-run', appId, services: [service] });
  expect(reply.services[0]?.error).toBeUndefined();
  const instances = reply.services[0]?.instances ?? [];
  const [first] = instances;
  if (first === undefined) throw new Error('nothing runs');
  return { token: reply.token, instances, first };
}

const runningRows = async (appId: string) =>
  (await registryRows(appId)).filter(({ state }) => state === 'running');
const says = async (url: string | undefined): Promise<string | undefined> =>
  fetch(String(url)).then(
    (answer) => answer.text(),
    () => undefined,
  );
const eventsOf = (appId: string): readonly string[] =>
  client.events
    .filter(({ data }) => (data as unknown as { appId: string }).appId === appId)
    .map(({ data }) => data.event);
const REPAIRS = /Restarted|Relaunched|GivenUp|Crashing|Moving|OrphanRemoved/;
const stop = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });

describe('an instance that is not there any more', () => {
  it('that somebody removed runs again within 15 s, and the registry is true', async () => {
    const appId = uniqueName('vanished');
    const { first } = await deploy(appId);
    await nodes.engine(first.node).getContainer(first.container).remove({ force: true });
    const again = await until(
      'it to run again',
      async () => {
        const rows = await runningRows(appId);
        return rows.length === 1 && (await says(rows[0]?.url ?? '')) === 'here' ? rows : undefined;
      },
      SOON,
    );
    expect(again).toHaveLength(1);
    await until(
      'the registry to have the old one as ended',
      async () =>
        (await registryRows(appId))
          .map(({ state }) => state)
          .sort()
          .join() === 'running,stopped',
    );
    await until(
      'its place to be free',
      async () => [...(await reservationsOf(appId))].sort().join() === 'bound,released',
    );
    expect(eventsOf(appId)).toContain('InstanceRelaunched');
    expect(await containersOf(appId)).toHaveLength(1);
    expect(await stop(appId)).toMatchObject({ services: [{ status: 'stopped' }] });
  });

  it('whose process died is left to the engine, which starts it again by itself', async () => {
    const appId = uniqueName('died');
    const { first } = await deploy(appId);
    const container = nodes.engine(first.node).getContainer(first.container);
    await nodes.killProcess(first.node, (await container.inspect()).State.Pid);
    await until('the engine to have started it', async () => (await container.inspect()).RestartCount > 0);
    await until('it to answer', async () => (await says(first.url)) === 'here', SOON);
    await nodes.looks(first.node);
    // A look in the very moment of the restart counts the crash, and leaves it to the engine all the same.
    const repairs = eventsOf(appId).filter((event) => REPAIRS.test(event) && event !== 'InstanceCrashing');
    expect(repairs).toEqual([]);
    expect((await containersOf(appId)).map(({ id }) => id)).toEqual([first.container]);
    await stop(appId);
  });

  it('that ends again and again is given up, with what it said last, and nothing of it is left', async () => {
    const appId = uniqueName('crashing');
    const files = greeter('shortly');
    const dies = 'setTimeout(() => { console.log("out of luck"); process.exit(3); }, 2500);';
    const { first } = await deploy(appId, { ...files, 'server.js': `${files['server.js']}\n${dies}` });
    await until('it to be given up', () => eventsOf(appId).includes('InstanceGivenUp'), LATER);
    const told = client.events.find(
      ({ data }) => data.event === 'InstanceGivenUp' && JSON.stringify(data).includes(appId),
    );
    expect(told?.data).toMatchObject({ node: first.node, data: { attempts: 3 } });
    expect(JSON.stringify(told?.data)).toContain('out of luck');
    await until('the registry to say so', async () => (await registryRows(appId))[0]?.state === 'failed');
    await until('its place to be free', async () => (await reservationsOf(appId)).join() === 'released');
    expect(await containersOf(appId)).toEqual([]);
  });
});

describe('containers whose task is not known to have ended', () => {
  it('are left alone while their task is under way, however long it takes', async () => {
    const appId = uniqueName('slow');
    const files = greeter('at last');
    const slow = files['server.js']?.replace(/\.listen\(.*$/, '').replace(/^require/, 'const s = require');
    const listens = 'setTimeout(() => s.listen(process.env.PORT), 9000);';
    const { first } = await deploy(appId, { ...files, 'server.js': `${slow};\n${listens}` });
    expect(await says(first.url)).toBe('at last');
    expect(eventsOf(appId).filter((event) => REPAIRS.test(event))).toEqual([]);
    await stop(appId);
  });
});

describe('a node that crashes', () => {
  it('loses its instances to the others, and what it still has of them when it comes back', async () => {
    const appId = uniqueName('crash');
    const { instances, first } = await deploy(appId, greeter('up', { replicas: 3 }));
    expect(new Set(instances.map(({ node }) => node)).size).toBe(3);
    const state = async () =>
      (
        await nodes.query<{ state: string }>('SELECT state FROM registry.nodes WHERE name = $1', [first.node])
      )[0]?.state;
    const begun = performance.now();
    await nodes.host(first.node).crash();
    await until('the node to be out', async () => (await state()) === 'unreachable', SOON);
    const rows = await until(
      'three to run elsewhere',
      async () => {
        const running = await runningRows(appId);
        return running.length === 3 && running.every(({ node }) => node !== first.node) ? running : undefined;
      },
      ELSEWHERE,
    );
    console.info(`three run again ${Math.round(performance.now() - begun)} ms after the crash`);
    for (const { url } of rows) expect(await says(url)).toBe('up');
    await until(
      'the one that is out of reach to count no more',
      async () =>
        (await registryRows(appId)).filter(({ node }) => node === first.node)[0]?.state === 'failed',
      LATER,
    );
    await nodes.host(first.node).boot();
    const booted = performance.now();
    await until('the node to be back', async () => (await state()) === 'ready', LATER);
    console.info(`back, and clean, ${Math.round(performance.now() - booted)} ms after it was booted`);
    const events = await nodes.query<{ event: string }>(
      'SELECT event FROM registry.node_events WHERE node = $1 ORDER BY id',
      [first.node],
    );
    expect(events.map(({ event }) => event).slice(-3)).toEqual(['unreachable', 'returning', 'reachable']);
    expect((await containersOf(appId)).map(({ id }) => id)).not.toContain(first.container);
    expect(await containersOf(appId)).toHaveLength(3);
    expect(await runningRows(appId)).toHaveLength(3);
    await stop(appId);
    expect(await containersOf(appId)).toEqual([]);
  });
});

describe('a service for which there is less room than it wants', () => {
  it('keeps what a scaling finds room for, says what stays wanted, and keeps it try after try', async () => {
    const appId = uniqueName('crowded');
    const cpus = await until('three nodes to be there', async () => {
      const ready = await nodes.query<{ cpus: number }>(
        "SELECT cpus FROM registry.nodes WHERE state = 'ready'",
      );
      return ready.length === 3 ? ready.map((node) => node.cpus) : undefined;
    });
    // One fits each of them.
    const resources = { cpu: Math.min(...cpus) * 0.6, memoryMiB: 64 };
    await deploy(appId, greeter('tight', { resources, placement: { waitMs: 1_000 } }));
    const reply = await client.scale({ appId, service: 'web', to: 5 });
    expect(reply).toMatchObject({ status: false, service: { error: { code: 'NO_NODE' } } });
    expect(reply.service?.serving?.instances).toHaveLength(3);
    expect(reply.service?.error?.message).toMatch(
      /reserved room for 2 instances: .* 5 stays wanted: 3 run; .* To take it back: slipway scale \S+ web 1$/,
    );
    const three = await until(
      'the registry to say so, too',
      async () => {
        const rows = await runningRows(appId);
        return rows.length === 3 ? rows.map(({ name }) => name).sort() : undefined;
      },
      LATER,
    );
    const refusals = () => eventsOf(appId).filter((event) => event === 'NodeRefused').length;
    const before = refusals();
    await until('another try to find no room', () => refusals() > before, LATER);
    expect((await runningRows(appId)).map(({ name }) => name).sort()).toEqual(three);
    expect(await containersOf(appId)).toHaveLength(3);
    await stop(appId);
    expect(await containersOf(appId)).toEqual([]);
  });
});
