import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { registryReaders } from '#libs/app-roles';
import {
  instanceReported,
  type InstanceReport,
  type NodeAnswer,
  nodeAnswered,
  nodeRequested,
  type NodeRequest,
} from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import {
  createPool,
  deleteOld,
  messagingTables,
  migrate,
  type Migration,
  Outbox,
  packagePath,
  type Pool,
  transaction,
} from '#libs/postgres';
import {
  type AtRestKeys,
  encryptAtRest,
  generateDeployerKeys,
  parseAtRestKeys,
  parsePrivateKey,
  parsePublicKey,
  unseal,
} from '#libs/secrets';
import {
  createTestDatabase,
  requireEnv,
  spawnApp,
  type TestDatabase,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';
import { noTracing } from '#libs/telemetry';
import { endedReservations } from './adapters/reservations.js';
import { Placement } from './wire.js';

const secretKey = randomBytes(32).toString('base64url');
const nodeKeys = parseAtRestKeys(secretKey);
const login = { privateKey: 'the key of the node' };
const keys = await generateDeployerKeys();
const tables = (app: string) => ({ name: app, directory: packagePath(`apps/${app}/migrations`) });

/** As the app does at its start: under its own role. */
async function migrateAs(variable: string, migration: Migration): Promise<void> {
  const url = String(database.appUrls[variable]);
  const own = createPool({ url, schema: migration.schema, applicationName: 'test' });
  await migrate(own, migration).finally(() => own.end());
}

let database: TestDatabase;
/** Of the administrator, for what the load balancer may not do. */
let pool: Pool;
/** Of the load balancer's own role. */
let ownPool: Pool;
let placement: Placement;

beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  await migrateAs('NODE_MANAGER_DATABASE_URL', {
    ...{ schema: 'registry', sets: [messagingTables, tables('node-manager')], publishes: registryReaders },
  });
  await migrateAs('LOAD_BALANCER_DATABASE_URL', {
    ...{ schema: 'load_balancer', sets: [messagingTables, tables('load-balancer')] },
  });
  pool = createPool({ url: database.url, schema: 'load_balancer', applicationName: 'test' });
  const ownUrl = String(database.appUrls['LOAD_BALANCER_DATABASE_URL']);
  ownPool = createPool({ url: ownUrl, schema: 'load_balancer', applicationName: 'test' });
  placement = new Placement({
    tracing: noTracing,
    outbox: new Outbox(),
    nodeKeys,
    deployerKey: parsePublicKey(keys.publicKey),
  });
});
afterAll(async () => {
  await Promise.all([pool.end(), ownPool.end()]);
  await database.drop();
});
beforeEach(() => pool.query('TRUNCATE reservations, outbox, registry.node_records'));

interface NodeShape {
  readonly state?: string;
  readonly cpus?: number;
  readonly memoryMiB?: number;
  readonly lastPort?: number;
  readonly keys?: AtRestKeys;
}

async function enrol(name: string, shape: NodeShape = {}): Promise<void> {
  const {
    state = 'ready',
    cpus = 2,
    memoryMiB = 2_000,
    lastPort = 20_009,
    keys: loginKeys = nodeKeys,
  } = shape;
  await pool.query(
    `INSERT INTO registry.node_records (name, address, ssh_port, ssh_user, host_key_fingerprint, login_encrypted, state,
       cpus, memory_bytes, engine_version, first_port, last_port)
     VALUES ($1, $1, 22, 'root', 'SHA256:x', $2, $3, $4, $5, '29', 20000, $6)`,
    [name, await encryptAtRest(loginKeys, login), state, cpus, memoryMiB * 1_048_576, lastPort],
  );
}

const requestOf = (changes: Partial<NodeRequest> = {}): NodeRequest => ({
  accessToken: uniqueName('token'),
  appId: 'shop',
  service: 'web',
  resources: { cpu: 0.5, memoryMiB: 100 },
  avoidNodes: [],
  expiresAt: new Date(Date.now() + 60_000).toISOString(),
  ...changes,
});
const ask = (changes: Partial<NodeRequest> = {}): Promise<NodeAnswer> =>
  transaction(ownPool, (tx) => placement.answer(tx, requestOf(changes)));
const report = (accessToken: string, node: string, state: InstanceReport['state']): Promise<void> =>
  transaction(ownPool, (tx) =>
    placement.follow(tx, {
      ...instanceReported.schema.parse(instanceReported.example),
      accessToken,
      node,
      state,
    }),
  );
const lapse = (accessToken: string) =>
  pool.query(`UPDATE reservations SET expires_at = now() - interval '1 s' WHERE access_token = $1`, [
    accessToken,
  ]);
const nodeOf = async (changes: Partial<NodeRequest> = {}) => (await ask(changes)).node?.name;

describe('an answer', () => {
  it('is the least allocated node, with its login sealed to the deployer alone', async () => {
    await enrol('node-a', { cpus: 1 });
    await enrol('node-b');
    const { node, refusals } = await ask({ accessToken: 't-1' });
    expect([node?.name, node?.port, node?.cpus, refusals]).toEqual(['node-b', 20_000, 2, []]);
    expect(JSON.stringify(node)).not.toContain(login.privateKey);
    expect(await unseal(parsePrivateKey(keys.privateKey), node?.sealedLogin ?? '')).toEqual(login);
    const other = parsePrivateKey((await generateDeployerKeys()).privateKey);
    await expect(unseal(other, node?.sealedLogin ?? '')).rejects.toThrow();
    const { rows } = await pool.query('SELECT topic, key, data FROM outbox');
    expect(rows).toMatchObject([
      { topic: nodeAnswered.topic, key: 'shop', data: { accessToken: 't-1', node } },
    ]);
  });

  it('is the same node and port for the same access token, however full it has become', async () => {
    await enrol('node-a', { cpus: 1 });
    const { sealedLogin: _, ...first } = (await ask({ accessToken: 'again' })).node ?? { sealedLogin: '' };
    await ask({ service: 'other' });
    expect((await ask({ service: 'third' })).node).toBeUndefined();
    expect((await ask({ accessToken: 'again' })).node).toMatchObject(first);
    expect((await pool.query('SELECT FROM reservations')).rowCount).toBe(2);
  });

  it('without a node says per node what was asked, what is used and what there is', async () => {
    await enrol('node-a', { cpus: 1 });
    await enrol('node-b', { memoryMiB: 50 });
    await ask();
    expect(await ask({ resources: { cpu: 0.75, memoryMiB: 100 } })).toMatchObject({
      refusals: [
        { node: 'node-a', reason: 'not enough CPU: needed 0.75, used 0.5 of 1 cores' },
        { node: 'node-b', reason: 'not enough memory: needed 100, used 0 of 50 MiB' },
      ],
    });
    expect((await pool.query('SELECT FROM reservations')).rowCount).toBe(1);
  });

  it.each(['cordoned', 'draining', 'unreachable', 'gone'])('is never a node that is %s', async (state) => {
    await enrol('node-a', { state, cpus: 64 });
    expect(await ask()).toMatchObject({ refusals: [{ node: 'node-a', reason: `is ${state}` }] });
    await enrol('node-b');
    expect(await nodeOf()).toBe('node-b');
  });

  it('is another node when the one that was promised is not enrolled any more, and blocks nobody', async () => {
    await enrol('node-a', { cpus: 64 });
    await enrol('node-b');
    expect(await nodeOf({ accessToken: 'moved' })).toBe('node-a');
    await pool.query(`DELETE FROM registry.node_records WHERE name = 'node-a'`);
    expect(await nodeOf({ accessToken: 'moved' })).toBe('node-b');
    expect((await pool.query('SELECT node FROM reservations')).rows).toEqual([{ node: 'node-b' }]);
  });

  it('passes over a node whose login rests under another key, and says so where nothing else fits', async () => {
    await enrol('node-a', { cpus: 64, keys: [randomBytes(32)] });
    const refused = await ask();
    expect(refused).toMatchObject({
      refusals: [{ node: 'node-a', reason: expect.stringContaining('SLIPWAY_NODE_KEY') }],
    });
    await enrol('node-b');
    expect(await nodeOf()).toBe('node-b');
    expect((await pool.query('SELECT node FROM reservations')).rows).toEqual([{ node: 'node-b' }]);
  });
});

describe('reservations', () => {
  it('requests at the same time never overbook a node, nor share a port', async () => {
    await enrol('node-a', { cpus: 1.5 });
    await enrol('node-b', { cpus: 1 });
    const answers = await Promise.all(Array.from({ length: 12 }, () => ask()));
    const places = answers.flatMap(({ node }) => (node === undefined ? [] : [`${node.name}:${node.port}`]));
    expect(places.sort()).toEqual([
      'node-a:20000',
      'node-a:20001',
      'node-a:20002',
      'node-b:20000',
      'node-b:20001',
    ]);
  });

  it('of two replicas that get the same request at once is one', async () => {
    await enrol('node-a');
    await enrol('node-b');
    const answers = await Promise.all([1, 2, 3].map(() => nodeOf({ accessToken: 'both' })));
    expect(new Set(answers).size).toBe(1);
    expect((await pool.query('SELECT FROM reservations')).rowCount).toBe(1);
  });

  it.each(['stopped', 'failed'] as const)('are free again once their instance is %s', async (state) => {
    await enrol('node-a', { cpus: 0.5 });
    await ask({ accessToken: 'first' });
    await report('first', 'node-a', 'running');
    expect(await nodeOf()).toBeUndefined();
    await report('first', 'node-a', state);
    expect(await nodeOf()).toBe('node-a');
  });

  it('that nobody bound lapse; that an instance runs on, never', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask({ accessToken: 'bound' });
    await report('bound', 'node-a', 'running');
    await ask({ accessToken: 'promised' });
    await Promise.all([lapse('bound'), lapse('promised')]);
    const next = await ask();
    expect([next.node?.name, next.node?.port]).toEqual(['node-a', 20_001]);
    expect(await nodeOf()).toBeUndefined();
  });

  it('that lapsed while the report was late are bound by it all the same, or the node would be overbooked', async () => {
    await enrol('node-a', { cpus: 1 });
    await ask({ accessToken: 'late' });
    await lapse('late');
    await report('late', 'node-a', 'running');
    expect(await nodeOf()).toBe('node-a');
    expect(await nodeOf()).toBeUndefined();
    await pool.query('TRUNCATE reservations');
    await ask({ accessToken: 'later' });
    await lapse('later');
    expect((await ask({ resources: { cpu: 5, memoryMiB: 1 } })).node).toBeUndefined();
    await report('later', 'node-a', 'running');
    expect([await nodeOf(), await nodeOf()]).toEqual(['node-a', undefined]);
  });

  it('whose port has become another’s are not taken back by a late report', async () => {
    await enrol('node-a', { cpus: 0.5, lastPort: 20_000 });
    await ask({ accessToken: 'late' });
    await lapse('late');
    expect(await nodeOf({ accessToken: 'next' })).toBe('node-a');
    await report('late', 'node-a', 'running');
    const { rows } = await pool.query(
      `SELECT access_token FROM reservations WHERE state IN ('promised', 'bound')`,
    );
    expect(rows).toEqual([{ access_token: 'next' }]);
  });

  it('that ended are deleted when they are old, and a report that comes even later binds nothing', async () => {
    await enrol('a', { cpus: 64, memoryMiB: 64_000 });
    for (const accessToken of ['old', 'fresh', 'lapsed', 'bound']) await ask({ accessToken });
    await report('bound', 'a', 'running');
    for (const accessToken of ['old', 'fresh']) await report(accessToken, 'a', 'stopped');
    await pool.query(`UPDATE reservations SET state = 'lapsed' WHERE access_token = 'lapsed'`);
    await pool.query(
      `UPDATE reservations SET updated_at = now() - interval '15 days' WHERE access_token <> 'fresh'`,
    );
    expect(await deleteOld(ownPool, endedReservations(14 * 86_400_000))).toBe(2);
    await report('old', 'a', 'running');
    const { rows } = await pool.query('SELECT access_token, state FROM reservations ORDER BY 1');
    expect(rows).toEqual([
      { access_token: 'bound', state: 'bound' },
      { access_token: 'fresh', state: 'released' },
    ]);
  });

  it('that were released stay so, whatever comes late, and reports of unknown tokens and other nodes do nothing', async () => {
    await enrol('node-a', { cpus: 0.5 });
    await ask({ accessToken: 'over' });
    await report('nobody', 'node-a', 'running');
    await report('over', 'node-b', 'stopped');
    expect(await nodeOf()).toBeUndefined();
    await report('over', 'node-a', 'stopped');
    await report('over', 'node-a', 'running');
    expect(await nodeOf()).toBe('node-a');
  });
});

it('waits for the registry instead of giving a request up, where the node manager never started', async () => {
  const empty = await createTestDatabase({
    sets: [messagingTables, tables('load-balancer')],
    schema: 'load_balancer',
  });
  const emptyPool = createPool({ url: empty.url, schema: 'load_balancer', applicationName: 'test' });
  const asked = transaction(emptyPool, (tx) => placement.answer(tx, requestOf()));
  await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retriable: true });
  await expect(asked).rejects.toThrow('start the node manager');
  await emptyPool.end();
  await empty.drop();
});

it('answers what comes on node.requests on node.responses, and never logs a login', async () => {
  await enrol('node-a');
  const brokers = requireEnv('KAFKA_BROKERS');
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'test', logger: SILENT });
  const app = spawnApp('load-balancer', {
    KAFKA_BROKERS: brokers,
    ...database.appUrls,
    SLIPWAY_NODE_KEY: secretKey,
    SLIPWAY_DEPLOYER_PUBLIC_KEY: keys.publicKey,
    LOG_LEVEL: 'trace',
  });
  await untilReady(app);
  const answers: NodeAnswer[] = [];
  const onMessage = ({ data }: { data: unknown }): void => void answers.push(nodeAnswered.schema.parse(data));
  const reading = await tail(kafka, { topics: [nodeAnswered.topic], from: 'end', onMessage });
  const producer = new Producer(kafka);
  const data = requestOf();
  const { topic, type } = nodeRequested;
  await producer.publish([{ topic, type, key: data.appId, id: uniqueName('id'), data }]);
  const mine = (): NodeAnswer | undefined =>
    answers.find(({ accessToken }) => accessToken === data.accessToken);
  const { node } = await until('the answer', mine);
  expect(node).toMatchObject({ name: 'node-a', port: 20_000 });
  expect(await unseal(parsePrivateKey(keys.privateKey), node?.sealedLogin ?? '')).toEqual(login);
  await Promise.all([reading.stop(), producer.stop()]);
  expect((await app.stop()).code).toBe(0);
  for (const secret of [login.privateKey, node?.sealedLogin ?? 'none', secretKey])
    expect(app.log()).not.toContain(secret);
});
