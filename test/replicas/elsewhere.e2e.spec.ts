import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { DeploymentReply, ServiceReply } from '#libs/contracts';
import { metricOf, requireEnv, testNodes, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { slipway } from '../e2e/command.js';
import { listenOn, type Stranger } from '../e2e/stranger.js';
import { containersOf, exactly, nodeStates, query, settled } from '../e2e/world.js';
import { cutOff } from './cut-off.js';
import { inWhole } from './in-whole.js';

// Left out of the short form: reasons that cut a node off, and the end of all tries.

const client = new Client();
const nodes = (await testNodes()).map(({ name }) => name);
const strangers: Stranger[] = [];
beforeAll(() => client.connect());
afterAll(() => client.close());
afterEach(async () => {
  for (const stranger of strangers.splice(0)) await stranger.leave();
  for (const node of nodes) await slipway('node', 'uncordon', node);
  await until('all nodes to be ready', async () => (await nodeStates()).every((state) => state === 'ready'), {
    timeoutMs: 90_000,
  });
}, 120_000);

const ask = (mode: string, appId: string): Promise<DeploymentReply> =>
  client.ask({ mode, appId, services: ['web'] });
const web = ({ services: [service] }: DeploymentReply): ServiceReply => {
  if (service === undefined) throw new Error('the reply has no service');
  return service;
};
const notesOf = (reply: DeploymentReply): string => (web(reply).notes ?? []).join(' ');
const eventsOf = ({ token }: DeploymentReply) =>
  client.events.flatMap(({ data }) => (data.token === token ? [data] : []));
const count = (reply: DeploymentReply, event: string): number =>
  eventsOf(reply).filter((one) => one.event === event).length;

/** So many starts have moved for this reason, as the deployer counts. */
const moved = (code: string): Promise<number> =>
  metricOf(requireEnv('SLIPWAY_DEPLOYER_URL'), 'slipway_deployer_starts_moved_total', `code="${code}"`);

/** An application that was built and ran, and was stopped: the node on which it would run again. */
async function built(appId: string): Promise<string> {
  await client.push(appId, 'web', greeter('here'));
  const [{ node = '' } = {}] = web(await ask('build-and-run', appId)).instances;
  await ask('stop', appId);
  await settled(appId, 0);
  return node;
}

/** The port that the load balancer hands out next there. */
async function nextPort(node: string): Promise<number> {
  const [known] = await query<{ first: number; last: number | null; taken: readonly number[] }>(
    `SELECT n.first_port AS first, t.last_port AS last, array(
       SELECT port FROM load_balancer.reservations r WHERE r.node = n.name
         AND (state IN ('promised', 'bound') OR port_taken_at > now() - interval '10 minutes')) AS taken
     FROM registry.nodes n LEFT JOIN load_balancer.ports_in_turn t ON t.node = n.name WHERE n.name = $1`,
    [node],
  );
  if (known === undefined) throw new Error(`there is no node ${node}`);
  let port = known.last === null ? known.first : known.last + 1;
  while (known.taken.includes(port)) port += 1;
  return port;
}

async function strangerAtNextPort(node: string): Promise<number> {
  const port = await nextPort(node);
  strangers.push(await listenOn(node, port));
  return port;
}

describe('a port that something else listens at', () => {
  // An agent that sees the stranger first has the load balancer hand out another port: then it is tried again.
  it(
    'is found by the start, which goes to another node; nobody else gets that port',
    { retry: 2 },
    async () => {
      const appId = uniqueName('stranger');
      const node = await built(appId);
      const port = await strangerAtNextPort(node);
      const movedBefore = await moved('PORT_TAKEN');
      const reply = await ask('run', appId);
      expect(await moved('PORT_TAKEN')).toBe(movedBefore + 1);
      expect(web(reply)).toMatchObject({
        status: 'running',
        instances: [{ node: expect.any(String) as string }],
      });
      const [instance] = web(reply).instances;
      expect(instance?.node).not.toBe(node);
      expect(notesOf(reply)).toContain(
        `could not be started on ${node}: something else listens at port ${port} (PORT_TAKEN). It runs on ${instance?.node}`,
      );
      expect(await (await fetch(String(instance?.url))).text()).toBe('here');
      await until('the events', () => count(reply, 'TaskSucceeded') === 1);
      const [failed] = eventsOf(reply).filter(({ event }) => event === 'PlaceFailed');
      expect(failed).toMatchObject({ node, data: { port, error: { code: 'PORT_TAKEN' } } });
      expect(count(reply, 'PlaceLeft')).toBe(1);
      expect(await settled(appId, 1)).toEqual(exactly(1));
      // The stranger is there still.
      const scaled = await client.scale({ appId, service: 'web', to: 3 });
      expect(scaled.service?.error).toBeUndefined();
      expect(scaled.service?.notes).toBeUndefined();
      expect(await settled(appId, 3)).toEqual(exactly(3));
      await ask('stop', appId);
    },
  );

  inWhole.it('is no reason to fail where there is one node alone: another of its ports will do', async () => {
    const appId = uniqueName('alone');
    const node = await built(appId);
    for (const other of nodes) if (other !== node) await slipway('node', 'cordon', other);
    const port = await strangerAtNextPort(node);
    const reply = await ask('run', appId);
    const [instance] = web(reply).instances;
    expect([instance?.node, web(reply).error]).toEqual([node, undefined]);
    expect(instance?.port).not.toBe(port);
    expect(notesOf(reply)).toContain(`(PORT_TAKEN). It runs on ${node}, port ${instance?.port}.`);
    expect(await settled(appId, 1)).toEqual(exactly(1));
    await ask('stop', appId);
  });

  inWhole.it('of three places is given up after them, with what was tried; nothing is left', async () => {
    const appId = uniqueName('thrice');
    await built(appId);
    for (const node of nodes) await strangerAtNextPort(node);
    const reply = await ask('run', appId);
    const { error } = web(reply);
    expect(error?.code).toBe('PORT_TAKEN');
    expect(error?.message).toContain('the last of 3 places');
    for (const node of nodes) expect(error?.message).toContain(node);
    await until('the events', () => count(reply, 'TaskFailed') === 1);
    expect(count(reply, 'PlaceFailed')).toBe(2);
    expect(await settled(appId, 0)).toEqual(exactly(0));
    expect(web(await ask('run', appId)).status).toBe('running');
    await ask('stop', appId);
  });
});

inWhole.describe('a node that is cut off between its placement and the start', () => {
  // On a busy machine its agent may have missed it before anything is placed there.
  it(
    'is left: the instance runs elsewhere, and what may be there is removed once it answers',
    {
      retry: 2,
    },
    async () => {
      const appId = uniqueName('cut');
      const node = await built(appId);
      const behind = async (): Promise<number> =>
        (
          await query(`SELECT name FROM deployer.instances WHERE app_id = $1 AND state = 'abandoned'`, [
            appId,
          ])
        ).length;
      const join = await cutOff(node);
      try {
        const reply = await ask('run', appId);
        const [instance] = web(reply).instances;
        expect(web(reply).error).toBeUndefined();
        expect(instance?.node).not.toBe(node);
        expect(notesOf(reply)).toContain(
          `could not be started on ${node}: it does not answer (NODE_UNREACHABLE)`,
        );
        expect(notesOf(reply)).toContain(`What was begun on ${node} is removed once that node answers.`);
        expect(await behind()).toBe(1);
      } finally {
        await join();
      }
      await until('what was left behind to be removed', async () => (await behind()) === 0, {
        timeoutMs: 60_000,
      });
      expect(await settled(appId, 1)).toEqual(exactly(1));
      await ask('stop', appId);
      expect(await containersOf(appId)).toEqual([]);
    },
  );
});

inWhole.describe('a node that is cut off while the release command runs there', () => {
  it('is left: the command runs on another node within the same request, and its container is removed later', async () => {
    const appId = uniqueName('moved');
    // Longer than it takes to see that the node does not answer.
    const release = ['node', '-e', 'setTimeout(() => undefined, 15_000)'];
    await client.push(appId, 'web', greeter('here', { release }));
    const asked = ask('build-and-run', appId);
    const states = async (): Promise<readonly string[]> =>
      (await containersOf(appId)).map(({ state }) => state);
    await until('the command to run', async () => (await states()).includes('running'), {
      timeoutMs: 60_000,
    });
    const placed = client.events.find(({ data }) => data.appId === appId && data.event === 'NodeAssigned');
    const node = String(placed?.data.node);
    const join = await cutOff(node);
    try {
      const reply = await asked;
      const [instance] = web(reply).instances;
      expect(web(reply).error).toBeUndefined();
      expect(instance?.node).not.toBe(node);
      expect(notesOf(reply)).toContain(
        `The release command could not be run on ${node}: it does not answer (NODE_UNREACHABLE). It ran on another node.`,
      );
      expect(await (await fetch(String(instance?.url))).text()).toBe('here');
      await until('the events', () => count(reply, 'TaskSucceeded') === 1);
      const steps = eventsOf(reply).flatMap(({ event, data }) => (event === 'PlaceFailed' ? data : []));
      expect(steps).toMatchObject([{ step: 'run-release-command' }]);
      expect(count(reply, 'ReleaseCommandDone')).toBe(1);
    } finally {
      await join();
    }
    await until('its first container to be removed', async () => (await containersOf(appId)).length === 1, {
      timeoutMs: 150_000,
    });
    expect(await settled(appId, 1)).toEqual(exactly(1));
    await ask('stop', appId);
  }, 300_000);
});
