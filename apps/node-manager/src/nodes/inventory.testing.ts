import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  instanceReported,
  type InstanceReport,
  type NodeDetails,
  type NodePage,
  nodeReported,
  type NodeReport,
  nodeState,
  type NodeState,
} from '#libs/contracts';
import type { Producer } from '#libs/kafka';
import { decryptAtRest, parseAtRestKeys } from '#libs/secrets';
import { type AppProcess, type NodeEntry, uniqueName, until } from '#libs/testing';

/** A node manager that runs: two of them would share the messages, as replicas do. */
export interface InventoryWorld {
  readonly app: AppProcess;
  readonly url: string;
  readonly db: { query(sql: string): Promise<{ readonly rows: readonly object[] }> };
  readonly producer: Producer;
  readonly machine: NodeEntry;
  readonly privateKey: string;
  readonly secretKey: string;
  /** Tokens: of a principal `ada` who may do all, and of one who may read. */
  readonly ada: string;
  readonly reader: string;
}

/** Set before the first case. */
let world: InventoryWorld;
/** Of the node; set with it. */
let name: string;
export function setInventoryWorld(of: InventoryWorld): void {
  world = of;
  ({ name } = of.machine);
}
const loginOf = () => ({ privateKey: world.privateKey });
const machine = () => {
  const { address, sshPort, sshUser, hostKeyFingerprint } = world.machine;
  return { name, address, sshPort, sshUser, hostKeyFingerprint, login: loginOf() };
};
const empty = () =>
  world.db.query('TRUNCATE registry.node_records, registry.node_events, registry.instance_records');

interface Answer<T = NodeDetails> {
  readonly status: number;
  readonly body: T;
}
interface Refused {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly problems?: readonly { readonly code: string }[];
}

async function call<T>(path: string, body?: object, token = world.ada): Promise<Answer<T>> {
  const response = await fetch(`${world.url}/v1/${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { authorization: `Bearer ${token}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as T };
}
const enrol = (changes: object = {}) => call<NodeDetails>('nodes', { ...machine(), ...changes });
const ask = (command: string, body: object = {}) => call<NodeDetails>(`nodes/${name}/${command}`, body);
const refused = async (command: string, body: object = {}) => call<Refused>(`nodes/${name}/${command}`, body);
const page = async (): Promise<NodePage> => (await call<NodePage>(`nodes/${name}`)).body;
const history = async (): Promise<string[]> =>
  ((await page()).events ?? []).map(({ event, by }) => `${event} by ${by ?? 'nobody'}`).reverse();

const at = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
/** When the case began. */
let begun = 0;
const sinceBegun = (seconds: number): string => new Date(begun + seconds * 1_000).toISOString();

async function published(topic: string, type: string, key: string, data: object): Promise<void> {
  await world.producer.publish([{ topic, type, key, id: uniqueName('message'), data }]);
}
const report = (state: NodeReport['state'], seconds: number, more: Partial<NodeReport> = {}): Promise<void> =>
  published(nodeReported.topic, nodeReported.type, name, {
    node: name,
    state,
    reportedAt: at(seconds),
    ...more,
  });

/** What the agent says, by the fence of its lease: so since then, as it was observed then. */
const verdict = (
  state: NodeState['liveness']['state'],
  of: { fence: number; since: number; seconds: number; reason?: string },
): Promise<void> =>
  published(nodeState.topic, nodeState.type, name, {
    ...{ node: name, fence: of.fence, observedAt: sinceBegun(of.seconds) },
    liveness: { state, since: sinceBegun(of.since), ...(of.reason && { reason: of.reason }) },
  });
const producer = () => world.producer;
const untilColumn = (column: string, value: unknown) =>
  until(`${column} to be ${String(value)}`, async () => {
    const { rows } = await world.db.query(`SELECT ${column} AS value FROM registry.node_records`);
    return String((rows[0] as { value: unknown } | undefined)?.value) === String(value);
  });

const example = instanceReported.schema.parse(instanceReported.example);
const appId = uniqueName('inventory');
const instance = (state: InstanceReport['state'], seconds: number): Promise<void> =>
  published(instanceReported.topic, instanceReported.type, appId, {
    ...{ ...example, instance: `${appId}-web-0`, appId, service: 'web', node: name, state },
    reportedAt: at(seconds),
  });
const untilPage = (what: string, holds: (node: NodePage) => boolean) =>
  until(what, async () => holds(await page()));

/** Each on an inventory that is empty before it and after each case. */
function inventory(what: string, cases: () => void): void {
  describe(what, () => {
    beforeAll(empty);
    beforeEach(() => void (begun = Date.now()));
    afterEach(empty);
    cases();
  });
}

inventory('the state of a node', () => {
  it('has reason, time and principal, and a history', async () => {
    await enrol();
    const cordoned = await ask('cordon', { reason: 'new disk' });
    expect(cordoned.body).toMatchObject({ state: 'cordoned', stateReason: 'new disk', stateBy: 'ada' });
    expect((await ask('cordon', { reason: 'again' })).body).toEqual(cordoned.body);
    expect((await ask('uncordon')).body).toMatchObject({ state: 'ready', wish: 'none' });
    expect(await history()).toEqual(['enrolled by ada', 'cordoned by ada', 'uncordoned by ada']);
    const { rows } = await world.db.query('SELECT wish, state_reason, state_by FROM registry.nodes');
    expect(rows).toEqual([{ wish: 'none', state_reason: null, state_by: null }]);
  });

  it('of one that was cordoned and fell silent is cordoned again when it answers', async () => {
    await enrol();
    await ask('cordon', { reason: 'new disk' });
    await report('unreachable', 1, { reason: 'connect ECONNREFUSED' });
    await untilPage('it to be unreachable', ({ state }) => state === 'unreachable');
    expect(await page()).toMatchObject({
      wish: 'cordoned',
      stateReason: 'connect ECONNREFUSED; it stays cordoned when it answers',
    });
    await report('ready', 2);
    await untilPage('it to be cordoned', ({ state }) => state === 'cordoned');
    expect(await page()).toMatchObject({ stateReason: 'new disk', stateBy: 'ada' });
    expect(await history()).toEqual([
      ...['enrolled by ada', 'cordoned by ada', 'unreachable by nobody', 'reachable by nobody'],
    ]);
  });

  it('is right after a report that a replica of the version before wrote down', async () => {
    await enrol();
    await world.db.query(`UPDATE registry.node_records SET state = 'unreachable', updated_at = now()`);
    await ask('cordon');
    expect(await page()).toMatchObject({ state: 'unreachable', wish: 'cordoned' });
    await report('ready', 1);
    await untilPage('it to be cordoned', ({ state }) => state === 'cordoned');
  });

  it.each(['cordon', 'uncordon', 'drain', 'remove', 'label', 'check'])(
    'cannot be changed of a node that there is not: %s',
    async (command) => {
      const { status, body } = await refused(command);
      expect([status, body.code]).toEqual([404, 'NODE_UNKNOWN']);
      expect((await call<Refused>(`nodes/${name}/${command}`, {}, world.reader)).body.code).toBe(
        'ROLE_MISSING',
      );
    },
  );

  it('is asked with words that a person can mend', async () => {
    await enrol();
    const wrong = await refused('drain', { deadlineMs: 1, why: 'x' });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'INPUT_INVALID' } });
    expect(wrong.body.message).toContain('deadlineMs: expected at least 1000; why: unknown field');
  });
});

inventory('a node that an agent watches', () => {
  it('is unreachable by the verdict of its agent alone, and what it was before once that says alive', async () => {
    await enrol();
    await ask('cordon', { reason: 'new disk' });
    await verdict('unreachable', { fence: 5, since: 1, seconds: 1, reason: 'connect ECONNREFUSED' });
    await untilPage('it to be unreachable', ({ state }) => state === 'unreachable');
    expect((await page()).stateReason).toBe('connect ECONNREFUSED; it stays cordoned when it answers');
    // The deployer may see it otherwise; it is not asked while an agent watches the node.
    await report('ready', 2);
    // A lower fence, and what was observed earlier.
    await verdict('alive', { fence: 4, since: 3, seconds: 9 });
    await verdict('alive', { fence: 5, since: 0, seconds: 0 });
    expect((await enrol()).body.state).toBe('unreachable');
    await verdict('alive', { fence: 6, since: 4, seconds: 4 });
    await untilPage('it to be back', ({ state }) => state !== 'unreachable');
    expect(await page()).toMatchObject({
      ...{ state: 'returning', stateSince: sinceBegun(4) },
      stateReason: expect.stringMatching(/^being cleaned: .*; it stays cordoned after that$/) as string,
    });
    await report('ready', 5, { cleaned: sinceBegun(3) });
    await report('ready', 6, { cleaned: sinceBegun(4) });
    await untilPage('it to be cordoned', ({ state }) => state === 'cordoned');
    expect(await history()).toEqual([
      ...['enrolled by ada', 'cordoned by ada', 'unreachable by nobody', 'updated by ada'],
      ...['returning by nobody', 'reachable by nobody'],
    ]);
  });

  it('does not change while its agent says nothing, nor where it was removed', async () => {
    await enrol();
    await verdict('unreachable', { fence: 7, since: 1, seconds: 1 });
    await untilPage('it to be unreachable', ({ state }) => state === 'unreachable');
    await producer().forward(nodeState.topic, { key: Buffer.from(name), value: null, headers: {} });
    await published(nodeReported.topic, nodeReported.type, name, {
      ...{ node: name, state: 'unreachable', reason: 'still', reportedAt: sinceBegun(60) },
    });
    await untilColumn('agent_at', null);
    await untilColumn('reported_at', new Date(sinceBegun(60)));
    expect(await page()).toMatchObject({ state: 'unreachable', stateSince: sinceBegun(1) });
    // What polls it is believed once no agent has said anything for long.
    await report('ready', 61);
    await untilPage('it to be ready', ({ state }) => state === 'ready');
  });

  it('that was cleaned before its return was heard of is ready at once', async () => {
    await enrol();
    await verdict('unreachable', { fence: 8, since: 1, seconds: 1 });
    await untilPage('it to be unreachable', ({ state }) => state === 'unreachable');
    await report('ready', 3, { cleaned: sinceBegun(3) });
    await untilColumn('cleaned_at', new Date(sinceBegun(3)));
    await verdict('alive', { fence: 8, since: 3, seconds: 4 });
    await untilPage('it to be ready', ({ state }) => state === 'ready');
    expect(await history()).not.toContain('returning by nobody');
  });
});

inventory('labels, zone and sizes', () => {
  it('are stored with an enrolment, changed one by one, and in the view that placement reads', async () => {
    const first = await enrol({ labels: { disk: 'ssd', rack: '1' }, zone: 'a', reserve: { cpus: 0.5 } });
    expect(first.body).toMatchObject({
      labels: { disk: 'ssd', rack: '1' },
      zone: 'a',
      reserve: { cpus: 0.5 },
    });
    const { cpus = 0 } = first.body;
    expect(first.body.allocatable?.cpus).toBeCloseTo(Number(cpus) - 0.5);
    expect((await enrol()).body.labels).toEqual({ disk: 'ssd', rack: '1' });
    const capacity = { cpus: 4, memoryBytes: 8 * 1024 ** 3 };
    const change = { labels: { disk: 'hdd' }, removeLabels: ['rack'], zone: null, capacity };
    expect((await ask('label', change)).body).toMatchObject({ labels: { disk: 'hdd' }, capacity });
    const columns = 'labels, zone, allocatable_cpus, allocatable_memory_bytes::float8 AS memory';
    const { rows } = await world.db.query(`SELECT ${columns} FROM registry.nodes`);
    expect(rows).toEqual([
      { labels: { disk: 'hdd' }, zone: null, allocatable_cpus: 3.5, memory: 8 * 1024 ** 3 },
    ]);
    await ask('label', { labels: { disk: 'hdd' }, capacity });
    expect((await page()).events?.map(({ event, reason }) => [event, reason])[0]).toEqual([
      ...['labelled', 'disk=hdd, without rack, without a zone, capacity 4 cores and 8 GiB'],
    ]);
    const back = (await ask('label', { capacity: null, reserve: null })).body;
    expect([back.capacity, back.reserve, back.allocatable?.cpus]).toEqual([undefined, undefined, cpus]);
  });

  it('are refused in words where they are none', async () => {
    await enrol();
    for (const [change, status, words] of [
      [{ labels: { '-disk': 'ssd' } }, 400, 'labels.-disk: a key must be'],
      [{ labels: { disk: 'a b' } }, 400, 'labels.disk: a value must be'],
      [{ zone: '' }, 400, 'zone: expected a zone'],
      [{ zone: 'a b' }, 400, 'zone: expected a zone'],
      [{ labels: { disk: 'x' }, removeLabels: ['disk'] }, 400, 'removeLabels: "disk" is in labels, too'],
      [{ capacity: { cpus: 0 } }, 400, 'capacity.cpus: expected more than 0'],
      [{ capacity: { cpus: 1 }, reserve: { cpus: 1 } }, 422, 'Nothing is left of the cores'],
    ] as const) {
      const answer = await refused('label', change);
      expect(answer.status, words).toBe(status);
      expect(answer.body.message).toContain(words);
      expect((await page()).labels).toEqual({});
    }
  });
});

inventory('the history of a node', () => {
  it('tells which images were removed from it, and why', async () => {
    await enrol();
    await report('ready', 1, { imagesRemoved: { retired: 2, forDisk: 3 } });
    await untilPage('its history', ({ events }) => (events ?? []).length === 2);
    expect((await page()).events?.[0]).toMatchObject({
      ...{ event: 'images-removed', state: 'ready' },
      reason: '2 of retired releases, 3 for room on the disk',
    });
  });
});

inventory('a node that is taken out of service', () => {
  it('is drained once nothing runs there, says what holds it up until then, and is late after its deadline', async () => {
    await enrol();
    await instance('running', 1);
    await untilPage('it to run', ({ instances = [] }) => instances?.length === 1);
    expect((await ask('drain', { deadlineMs: 1_000 })).body).toMatchObject({
      ...{ state: 'draining', stateBy: 'ada', drain: { isLate: false, left: 1 } },
    });
    const held = { instance: `${appId}-web-0`, appId, service: 'web', reason: 'no room elsewhere' };
    await report('ready', 1, { holding: [held, { ...held, instance: 'long-gone' }] });
    await untilPage('what holds it up', ({ drain }) => (drain?.holding ?? []).length > 0);
    expect((await page()).drain?.holding).toEqual([held]);
    await untilPage('it to be late', ({ drain }) => drain?.isLate === true);
    expect((await page()).stateReason).toMatch(/^the deadline .* has passed, and 1 instance is there still$/);
    await instance('draining', 2);
    await instance('stopped', 3);
    await untilPage('it to be drained', ({ drain }) => typeof drain?.drainedAt === 'string');
    expect(await page()).toMatchObject({
      ...{ state: 'draining', drain: { isLate: false, left: 0, holding: [] } },
      stateReason: expect.stringMatching(/^drained at 20/) as string,
    });
    expect(await history()).toEqual(['enrolled by ada', 'draining by ada', 'drained by nobody']);
  });

  it('is removed when nothing runs there, with its login; name and address can be used again', async () => {
    await enrol({ labels: { disk: 'ssd' } });
    await instance('running', 1);
    await untilPage('it to run', ({ instances = [] }) => instances?.length === 1);
    const inUse = await refused('remove');
    expect([inUse.status, inUse.body.code]).toEqual([409, 'NODE_IN_USE']);
    expect(inUse.body.hint).toContain(`slipway node drain ${name}`);
    expect((await ask('remove', { force: true, reason: 'it burned' })).body).toMatchObject({
      ...{ state: 'gone', stateReason: 'it burned', stateBy: 'ada' },
    });
    expect((await call<object>('nodes')).body).toEqual({ items: [] });
    for (const query of ['removed=true', 'state=gone'])
      expect((await call<object>(`nodes?${query}`)).body).toMatchObject({ items: [{ name, state: 'gone' }] });
    const { rows } = await world.db.query('SELECT login_encrypted FROM registry.node_records');
    expect(rows).toEqual([{ login_encrypted: null }]);
    expect((await world.db.query('SELECT FROM registry.node_logins')).rows).toEqual([]);
    expect((await refused('check')).body.code).toBe('NODE_UNKNOWN');
    // Under another name, then under its own again.
    expect((await enrol({ name: 'another' })).status).toBe(200);
    expect((await enrol()).status).toBe(409);
    await call('nodes/another/remove', {});
    expect((await enrol()).body).toMatchObject({ name, state: 'ready', labels: {} });
  });
});

inventory('a check', () => {
  it('finds everything at once, at an enrolment and of a node', async () => {
    const taken = await enrol({ name: 'unusable', socketPath: '/run/nowhere.sock' });
    expect(taken).toMatchObject({ status: 422, body: { code: 'ENGINE_UNREACHABLE' } });
    await enrol();
    const { status, body } = await ask('check');
    expect([status, body.name]).toEqual([200, name]);
    for (const { severity, message, hint } of body.problems ?? []) {
      expect(severity).toBe('warns');
      expect(Math.min(message.length, hint.length)).toBeGreaterThan(10);
    }
    expect((body.problems ?? []).map(({ code }) => code)).not.toContain('HOST_UNSEEN');
    expect(body.architecture).toMatch(/^(x86_64|aarch64)$/);
  });

  it('shows the host key before anything is stored', async () => {
    const shown = await call<object>('host-keys', {
      address: world.machine.address,
      sshPort: world.machine.sshPort,
    });
    expect(shown).toMatchObject({
      status: 200,
      body: { hostKeyFingerprint: world.machine.hostKeyFingerprint, hostKeyType: 'ed25519' },
    });
    expect((await world.db.query('SELECT FROM registry.node_records')).rows).toEqual([]);
  });
});

inventory('a login', () => {
  it('is tried before it replaces the one that a node has', async () => {
    await enrol();
    const useless = await refused('login', { login: loginOf(), jumpLogin: loginOf() });
    expect([useless.status, useless.body.message]).toEqual([400, `jumpLogin: ${name} has no jump host.`]);
    const wrong = await refused('login', { login: { password: 'hunter2-is-wrong' } });
    expect([wrong.status, wrong.body.code]).toEqual([422, 'SSH_LOGIN_REFUSED']);
    const stored = async (): Promise<unknown> => {
      const { rows } = await world.db.query('SELECT login_encrypted AS login FROM registry.node_logins');
      return decryptAtRest(parseAtRestKeys(world.secretKey), (rows[0] as { readonly login: string }).login);
    };
    expect(await stored()).toEqual(loginOf());
    const spaced = { privateKey: `${world.privateKey}\n` };
    expect((await ask('login', { login: spaced })).status).toBe(200);
    expect(await stored()).toEqual(spaced);
    expect(await history()).toEqual(['enrolled by ada', 'login-changed by ada']);
    expect(world.app.log()).not.toContain('hunter2');
  });
});
