import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  instanceReported,
  type InstanceReport,
  nodeReported,
  type NodeReport,
  serviceSpecChanged,
  type ServiceSpecChange,
} from '#libs/contracts';
import { createKafka, Producer, SILENT } from '#libs/kafka';
import { decryptAtRest, parseAtRestKeys } from '#libs/secrets';
import {
  type AppProcess,
  createTestDatabase,
  requireEnv,
  spawnApp,
  type TestDatabase,
  testNodes,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';
import { setInventoryWorld } from './nodes/inventory.testing.js';

const secretKey = randomBytes(32).toString('base64url');
const [admin, reader, ada] = ['the-admin-token', 'the-read-token', 'the-token-of-ada'];
const kafka = createKafka({
  brokers: requireEnv('KAFKA_BROKERS').split(','),
  clientId: 'test',
  logger: SILENT,
});
const producer = new Producer(kafka);
const nodes = await testNodes();
const [machine] = nodes;
const privateKey = readFileSync(machine.privateKeyFile, 'utf8');

let database: TestDatabase;
let db: pg.Client;
let app: AppProcess;
let url: string;

/** Under its own role: it has no other URL. */
const start = (keys: Readonly<Record<string, string>>): AppProcess =>
  spawnApp('node-manager', {
    KAFKA_BROKERS: requireEnv('KAFKA_BROKERS'),
    ...database.appUrls,
    ...keys,
    SLIPWAY_API_TOKEN: admin,
    SLIPWAY_READ_TOKEN: reader,
    SLIPWAY_API_TOKENS: `ada:admin:${ada}`,
    LOG_LEVEL: 'trace',
  });

beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  app = start({ SLIPWAY_NODE_KEY: secretKey });
  await untilReady(app);
  url = String(app.httpUrls()['node-manager']);
  db = new pg.Client({ connectionString: database.url });
  await db.connect();
  setInventoryWorld({ app, url, db, producer, machine, privateKey, secretKey, ada, reader });
});
afterAll(async () => {
  expect((await app.stop()).code).toBe(0);
  await producer.stop();
  await db.end();
  await database.drop();
});

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Without the header where the token is empty. */
async function call(path: string, token: string, body?: object): Promise<Answer> {
  const headers: Record<string, string> = token === '' ? {} : { authorization: `Bearer ${token}` };
  if (body !== undefined) headers['content-type'] = 'application/json';
  const method = body === undefined ? 'GET' : 'POST';
  const response = await fetch(`${url}/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  return { status: response.status, text, body: JSON.parse(text) as Answer['body'] };
}

const machineOf = ({ name, address, sshPort, sshUser, hostKeyFingerprint }: typeof machine) => ({
  ...{ name, address, sshPort, sshUser, hostKeyFingerprint },
  login: { privateKey },
});
const enrol = (changes: object = {}, token = admin): Promise<Answer> =>
  call('nodes', token, { ...machineOf(machine), ...changes });

describe('POST /v1/nodes', () => {
  it('enrols a machine with what its engine says, and does so again without a second node', async () => {
    const first = await enrol();
    expect(first.status, first.text).toBe(200);
    expect(first.body).toMatchObject({
      name: machine.name,
      address: machine.address,
      state: 'ready',
      firstPort: 20_000,
      lastPort: 29_999,
    });
    expect(first.body['cpus']).toBeGreaterThan(0);
    // Problems are what the machine shows at the moment: its free disk, its ports.
    const { problems: _, ...node } = first.body;
    const { problems: __, ...again } = (await enrol()).body;
    expect(again).toEqual(node);
    expect((await call('nodes', reader)).body).toEqual({ items: [node] });
  });

  it('knows the socket of its engine, until it is enrolled without one', async () => {
    const socketPath = '/run/docker.sock';
    expect((await enrol({ socketPath })).body).toMatchObject({ socketPath, state: 'ready' });
    const { rows } = await db.query('SELECT socket_path FROM registry.nodes');
    expect(rows).toEqual([{ socket_path: socketPath }]);
    expect((await enrol()).body).not.toHaveProperty('socketPath');
  });

  it('reaches a machine through a jump host, whose login rests with its own', async () => {
    // Each node of the set-up sees the others.
    const [, { name: _, hostKeyFingerprint, ...bastion }] = nodes as [unknown, typeof machine];
    const { address, sshPort, sshUser } = bastion;
    const first = await enrol({ jump: { address, sshPort, sshUser, login: { privateKey } } });
    expect(first.status, first.text).toBe(200);
    const jump = { address, sshPort, sshUser, hostKeyFingerprint, hostKeyType: 'ed25519' };
    expect(first.body).toMatchObject({ hostKeyType: 'ed25519', jump });
    const { rows } = await db.query<{ login_encrypted: string }>('SELECT * FROM registry.node_logins');
    const login = await decryptAtRest(parseAtRestKeys(secretKey), rows[0]?.login_encrypted ?? '');
    expect(login).toEqual({ privateKey, jump: { privateKey } });
    const refused = await enrol({ jump: { address, sshPort, login: { password: 'hunter2' } } });
    expect([refused.status, refused.body['code']]).toEqual([422, 'SSH_JUMP_LOGIN_REFUSED']);
    expect(refused.body['message']).toContain(address);
    expect((await enrol()).body).not.toHaveProperty('jump');
  });

  it('keeps the login encrypted at rest, and shows it in no answer and in no log, even at level trace', async () => {
    const answers = [await enrol(), await call('nodes', admin)];
    const { rows } = await db.query<{ login_encrypted: string }>('SELECT * FROM registry.node_logins');
    expect(await decryptAtRest(parseAtRestKeys(secretKey), rows[0]?.login_encrypted ?? '')).toEqual({
      privateKey,
    });
    const { rows: views } = await db.query('SELECT * FROM registry.nodes');
    const inTheMiddle = privateKey.split('\n')[3] ?? '';
    expect(inTheMiddle.length).toBeGreaterThan(30);
    for (const shown of [...answers.map((answer) => answer.text), JSON.stringify([rows, views]), app.log()])
      expect(shown).not.toContain(inTheMiddle);
    for (const secret of [secretKey, admin, reader]) expect(app.log()).not.toContain(secret);
  });

  it.each([
    [
      ...['a name with another address', { ...nodes[1], name: machine.name }],
      `${machine.name} is the name of another machine, ${machine.address}:${machine.sshPort}.`,
    ],
    [
      ...['an address under another name', { ...machine, name: 'another' }],
      `The machine at ${machine.address}:${machine.sshPort} is enrolled already, as ${machine.name}.`,
    ],
  ] as const)('refuses %s, and says whose that is', async (_, of, words) => {
    await enrol();
    const { name, address, sshPort, hostKeyFingerprint } = of;
    const { status, body } = await enrol({ name, address, sshPort, hostKeyFingerprint });
    expect([status, body['code']]).toEqual([409, 'NODE_TAKEN']);
    expect(body['message']).toBe(words);
  });

  it('names every wrong field and what was expected, and no value', async () => {
    const { status, body, text } = await enrol({
      ...{ name: 'Node 1', address: 'http://x', sshPort: 0, sshUser: 'root\u0000', colour: 'red' },
      ...{ hostKeyFingerprint: 'MD5:1', socketPath: 'docker.sock', login: { privatekey: 'hunter2' } },
    });
    expect([status, body['code']]).toEqual([400, 'INPUT_INVALID']);
    for (const part of [
      'name: node name must be',
      'address: expected a host name',
      'sshPort: expected at least 1',
      'sshUser: must hold no control characters',
      'hostKeyFingerprint: expected SHA256:',
      'socketPath: expected the absolute path of a socket',
      'login: expected {"privateKey": TEXT} or {"password": TEXT}',
      'colour: unknown field',
    ])
      expect(body['message']).toContain(part);
    for (const value of ['hunter2', 'Node 1', 'http://x', 'root', 'MD5:1', 'red'])
      expect(text).not.toContain(value);
  });

  it.each([
    ['a key that is none', { login: { privateKey: 'hunter2-is-no-key' } }, 'SSH_LOGIN_REFUSED'],
    ['a password that is wrong', { login: { password: 'hunter2-is-wrong' } }, 'SSH_LOGIN_REFUSED'],
    ['another host key', { hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` }, 'SSH_HOST_KEY_MISMATCH'],
    ['a socket that is not there', { socketPath: '/run/nowhere.sock' }, 'ENGINE_UNREACHABLE'],
    ['a port where nobody listens', { address: '127.0.0.1', sshPort: 1 }, 'SSH_UNREACHABLE'],
  ])('answers %s with 422 and what to do, and writes nothing down', async (_, changes, code) => {
    const { status, body, text } = await enrol({ name: 'unusable', ...changes });
    expect([status, body['code']], text).toEqual([422, code]);
    expect(String(body['hint']).length).toBeGreaterThan(20);
    expect(text).not.toContain('hunter2');
    expect(app.log()).not.toContain('hunter2');
    const { rows } = await db.query(`SELECT FROM registry.nodes WHERE name = 'unusable'`);
    expect(rows).toEqual([]);
  });

  it.each([
    ['no token', '', 401, 'TOKEN_MISSING'],
    ['a wrong token', 'nobody', 401, 'TOKEN_UNKNOWN'],
    ['the token that may read', reader, 403, 'ROLE_MISSING'],
  ])('refuses %s', async (_, token, status, code) => {
    const answer = await enrol({}, token);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });

  it.each(['nodes', 'services', 'instances', 'instance-events'])(
    'GET /v1/%s needs a token too',
    async (list) => {
      expect((await call(list, '')).body['code']).toBe('TOKEN_MISSING');
      expect((await call(list, 'nobody')).body['code']).toBe('TOKEN_UNKNOWN');
      expect((await call(list, reader)).status).toBe(200);
    },
  );
});

it('an installation with one key has a way over: logins are renewed at a start, and rest under the new key alone', async () => {
  await enrol();
  const next = randomBytes(32).toString('base64url');
  const replica = start({ SLIPWAY_NODE_KEY: next, SLIPWAY_SECRET_KEY: secretKey });
  await untilReady(replica);
  expect((await replica.stop()).code).toBe(0);
  expect(replica.log()).toContain('"renewed":1');
  const { rows } = await db.query<{ login: string }>(
    'SELECT login_encrypted AS login FROM registry.node_logins',
  );
  expect(await decryptAtRest(parseAtRestKeys(next), rows[0]?.login ?? '')).toEqual({ privateKey });
});

describe('instance reports', () => {
  const at = (seconds: number): string => new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString();
  const reportOf = (appId: string, changes: Partial<InstanceReport>): InstanceReport => ({
    ...instanceReported.schema.parse(instanceReported.example),
    ...{ appId, instance: `${appId}-web-0`, service: 'web', ...changes },
  });
  /** The last one is of another instance: when it has come, all before it have. */
  async function report(appId: string, ...changes: Partial<InstanceReport>[]): Promise<void> {
    const mark = uniqueName('mark');
    const reports = [...changes, { instance: mark, service: 'mark' }].map((one) => reportOf(appId, one));
    const { topic, type } = instanceReported;
    await producer.publish(
      reports.map((data) => ({ topic, type, key: appId, id: uniqueName('report'), data })),
    );
    await until('the reports to be folded in', async () =>
      (await instances(appId, 'mark')).some((i) => i.instance === mark),
    );
  }
  const instances = async (appId: string, service = 'web') =>
    (await call(`instances?appId=${appId}&service=${service}`, reader)).body['items'] as InstanceReport[];

  it('are the registry: the newest of an instance counts, and what ended does not run again', async () => {
    const appId = uniqueName('fold');
    await report(appId, { state: 'running', reportedAt: at(1) });
    const { accessToken: _, resources, ...known } = reportOf(appId, {});
    const [startedAt, since] = ['2026-01-01T00:00:00.000Z', '2026-01-01T00:00:01.000Z'];
    const times = { startedAt, since, reportedAt: since };
    expect(await instances(appId)).toEqual([{ ...known, ...resources, ...times }]);
    await report(appId, { state: 'stopped', reportedAt: at(3) }, { state: 'running', reportedAt: at(4) });
    expect(await instances(appId)).toMatchObject([
      { state: 'stopped', reportedAt: '2026-01-01T00:00:03.000Z' },
    ]);
  });

  it('of a worker have no address, and neither has the registry', async () => {
    const appId = uniqueName('worker');
    await report(appId, { state: 'running', reportedAt: at(1), port: undefined, url: undefined });
    const [row] = await instances(appId);
    expect(row).toMatchObject({ state: 'running', ip: instanceReported.example.ip });
    expect(row).not.toHaveProperty('url');
    expect(row).not.toHaveProperty('port');
  });

  it('that are repeated or older change nothing', async () => {
    const appId = uniqueName('stale');
    const newest = { state: 'running', reportedAt: at(5), container: 'new' } as const;
    await report(appId, newest, newest, { ...newest, reportedAt: at(4), container: 'old' });
    await report(appId, { state: 'stopped', reportedAt: at(2) });
    expect(await instances(appId)).toMatchObject([{ state: 'running', container: 'new' }]);
    const { rows } = await db.query(
      'SELECT running FROM registry.services WHERE app_id = $1 AND service = $2',
      [appId, 'web'],
    );
    expect(rows).toEqual([{ running: 1 }]);
  });

  it('say that an instance is crashing until it holds, and count that in its service', async () => {
    const appId = uniqueName('crashing');
    const crashing = { restarts: 4, since: '2026-01-01T00:00:02.000Z' };
    const service = async () => (await call(`services?appId=${appId}`, reader)).body;
    await report(appId, { state: 'running', reportedAt: at(1), crashing: undefined });
    expect((await instances(appId))[0]).not.toHaveProperty('crashing');
    await report(appId, { state: 'running', reportedAt: at(2), crashing });
    expect(await instances(appId)).toMatchObject([{ state: 'running', crashing }]);
    const columns = 'state, restarts, crashing_since AS since';
    const row = await db.query(`SELECT ${columns} FROM registry.instances WHERE name = $1`, [
      `${appId}-web-0`,
    ]);
    expect(row.rows).toEqual([{ state: 'running', restarts: 4, since: new Date(crashing.since) }]);
    expect(await service()).toMatchObject([{ service: 'mark' }, { running: 1, crashing: 1 }]);
    await report(appId, { state: 'running', reportedAt: at(3), crashing: undefined });
    expect((await instances(appId))[0]).not.toHaveProperty('crashing');
    expect(await service()).toMatchObject([{ service: 'mark' }, { running: 1, crashing: 0 }]);
  });

  it('make the list of services: the release that runs, and how many of it', async () => {
    const appId = uniqueName('services');
    await report(
      appId,
      { instance: `${appId}-1`, release: 'old', state: 'running', reportedAt: at(1) },
      { instance: `${appId}-2`, release: 'new', state: 'running', reportedAt: at(2), appName: 'New name' },
      { instance: `${appId}-1`, release: 'old', state: 'stopped', reportedAt: at(3), appName: 'New name' },
      { service: 'gone', instance: `${appId}-3`, state: 'failed', reportedAt: at(1) },
    );
    const { body } = await call(`services?appId=${appId}`, reader);
    expect(body).toMatchObject([
      { service: 'gone', release: null, running: 0 },
      { service: 'mark' },
      { service: 'web', release: 'new', running: 1, appId },
    ]);
  });

  it('say with the specs how many run of those that are wanted, the newest revision counting', async () => {
    const appId = uniqueName('wanted');
    const spec = (revision: number, more: Partial<ServiceSpecChange> = {}): ServiceSpecChange => ({
      ...{ appId, appName: 'Wanted', service: 'web', revision, state: 'running', release: 'new', count: 3 },
      ...{
        declaredCount: 1,
        limits: { cpu: 1, memoryMiB: 64 },
        principal: 'ada',
        verified: false,
        token: 't',
      },
      changedAt: at(revision),
      ...more,
    });
    const { topic, type } = serviceSpecChanged;
    const send = (...specs: ServiceSpecChange[]): Promise<void> =>
      producer.publish(specs.map((data) => ({ topic, type, key: appId, id: uniqueName('spec'), data })));
    await send(spec(2, { scaling: { min: 0, max: 4 } }), spec(1, { count: 1 }));
    await report(appId, { instance: `${appId}-1`, release: 'new', state: 'running', reportedAt: at(1) });
    const services = async () => (await call(`services?appId=${appId}`, reader)).body;
    await until('the spec to be known', async () => JSON.stringify(await services()).includes('"wanted":3'));
    expect(await services()).toMatchObject([
      { service: 'mark' },
      {
        service: 'web',
        running: 1,
        wanted: 3,
        wantedRelease: 'new',
        wantedState: 'running',
        scaling: { min: 0, max: 4 },
      },
    ]);
    const canary = { release: 'tried', percent: 10, count: 1 };
    await send(spec(3, { canary }));
    await until('the canary to be known', async () => JSON.stringify(await services()).includes('"tried"'));
    expect(await services()).toMatchObject([{ canary: null }, { wanted: 3, canary }]);
    await send(spec(4, { state: 'stopped' }));
    await until('the service to be stopped', async () =>
      JSON.stringify(await services()).includes('"wanted":0'),
    );
    expect(await services()).toMatchObject([
      { wantedState: null, scaling: null },
      { wantedState: 'stopped', scaling: null, canary: null },
    ]);
  });

  it('are listed by application, service and state, and by nothing that there is not', async () => {
    const list = await call('instances?appId=none&service=web&state=running&node=x&release=r1', reader);
    expect([list.status, list.body]).toEqual([200, { items: [] }]);
    const wrong = await call('instances?appId=A&state=up&colour=x', reader);
    expect([wrong.status, wrong.body['code']]).toEqual([400, 'INPUT_INVALID']);
    for (const part of ['appId: ', 'state: ', 'colour: unknown query parameter'])
      expect(wrong.body['message']).toContain(part);
    expect((await call('instances?appId=a&appId=b', reader)).body['message']).toContain(
      'appId: expected string, received array',
    );
  });
});

describe('node reports', () => {
  const at = (seconds: number): string => new Date(Date.now() + seconds * 1_000).toISOString();
  const stateOf = async (): Promise<unknown> =>
    ((await call('nodes', reader)).body['items'] as { name: string; state: string }[]).find(
      ({ name }) => name === machine.name,
    )?.state;
  const report = (state: NodeReport['state'], reportedAt: string): Promise<void> =>
    producer.publish([
      {
        ...{
          topic: nodeReported.topic,
          type: nodeReported.type,
          key: machine.name,
          id: uniqueName('report'),
        },
        data: { node: machine.name, state, reportedAt },
      },
    ]);
  const untilState = (state: string) => until(`it to be ${state}`, async () => (await stateOf()) === state);

  it('are the state of a node that no agent watches, the newest of them; enrolling it again showed it as ready', async () => {
    await enrol();
    await report('unreachable', at(1));
    await untilState('unreachable');
    expect((await enrol()).body['state']).toBe('unreachable');
    await report('unreachable', at(3));
    await untilState('unreachable');
    await report('ready', at(2));
    await report('ready', at(4));
    await untilState('ready');
    await report('unreachable', at(3));
    await report('unreachable', at(5));
    await untilState('unreachable');
    await report('ready', at(6));
    await untilState('ready');
  });
});

it.each([
  [
    'nodes',
    'name address ssh_port ssh_user host_key_fingerprint state cpus memory_bytes engine_version first_port last_port enrolled_at updated_at socket_path host_key_type jump unenforced wish state_reason state_since state_by labels zone allocatable_cpus allocatable_memory_bytes architecture',
  ],
  [
    'instances',
    'name state app_id app_name service release image node ip port url container access_token cpu memory_mib started_at reported_at restarts crashing_since state_since state_reason',
  ],
  [
    'services',
    'app_id service app_name release running reported_at wanted wanted_release crashing wanted_state routes traffic canary scaling',
  ],
  ['instance_events', 'id instance app_id service release node at event reason'],
  ['changes', 'revision kind name is_removed'],
  ['revision', 'latest forgotten'],
])('the view registry.%s, which others read, holds its columns', async (view, columns) => {
  const { fields } = await db.query(`SELECT * FROM registry.${view} LIMIT 0`);
  expect(fields.map((field) => field.name)).toEqual(columns.split(' '));
});
