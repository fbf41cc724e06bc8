import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { appSchemas } from '#libs/app-roles';
import { type NodeAnswer, nodeAnswered, nodeRequested } from '#libs/contracts';
import { createKafka, Producer, SILENT, tail } from '#libs/kafka';
import { transaction } from '#libs/postgres';
import { generateDeployerKeys, parsePrivateKeys, unseal } from '#libs/secrets';
import {
  createTestDatabase,
  migrateApp,
  requireEnv,
  spawnApp,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';
import { createPlacement, keys, login, placementOfFile, requestOf, secretKey } from './placement.testing.js';

const { ask, enrol, nodeOf, query, appUrls, ownPool } = placementOfFile();

describe('an answer', () => {
  it('is the least allocated node, with its login sealed to the deployer alone', async () => {
    await enrol('node-a', { cpus: 1 });
    await enrol('node-b');
    const { node, refusals } = await ask({ accessToken: 't-1' });
    expect([node?.name, node?.port, node?.cpus, refusals]).toEqual(['node-b', 20_000, 2, []]);
    expect(JSON.stringify(node)).not.toContain(login.privateKey);
    expect(await unseal(parsePrivateKeys(keys.privateKey), node?.sealedLogin ?? '')).toEqual(login);
    const other = parsePrivateKeys((await generateDeployerKeys()).privateKey);
    await expect(unseal(other, node?.sealedLogin ?? '')).rejects.toThrow();
    const { rows } = await query('SELECT topic, key, data FROM outbox');
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
    expect((await query('SELECT FROM reservations')).rowCount).toBe(2);
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
    expect((await query('SELECT FROM reservations')).rowCount).toBe(1);
  });

  it('counts with what its owner says a node has, less what is reserved for others', async () => {
    await enrol('node-a', { cpus: 64, memoryMiB: 64_000 });
    const has = `capacity_cpus = 2, capacity_memory_bytes = ${400 * 1_048_576}`;
    const keeps = `reserved_cpus = 1, reserved_memory_bytes = ${150 * 1_048_576}`;
    await query(`UPDATE registry.node_records SET ${has}, ${keeps}`);
    expect(await ask({ resources: { cpu: 1.5, memoryMiB: 1 } })).toMatchObject({
      refusals: [{ reason: 'not enough CPU: needed 1.5, used 0 of 1 cores' }],
    });
    expect(await ask({ resources: { cpu: 0.5, memoryMiB: 251 } })).toMatchObject({
      refusals: [{ reason: 'not enough memory: needed 251, used 0 of 250 MiB' }],
    });
    expect(await nodeOf({ resources: { cpu: 1, memoryMiB: 250 } })).toBe('node-a');
  });

  it('is never a node that was removed, which nobody asks about', async () => {
    await enrol('node-a', { state: 'gone' });
    expect((await ask()).refusals).toEqual([]);
  });

  it.each(['cordoned', 'draining', 'unreachable', 'returning'])(
    'is never a node that is %s',
    async (state) => {
      await enrol('node-a', { state, cpus: 64 });
      expect(await ask()).toMatchObject({ refusals: [{ node: 'node-a', reason: `is ${state}` }] });
      await enrol('node-b');
      expect(await nodeOf()).toBe('node-b');
    },
  );

  it('is another node when the one that was promised is not enrolled any more, and blocks nobody', async () => {
    await enrol('node-a', { cpus: 64 });
    await enrol('node-b');
    expect(await nodeOf({ accessToken: 'moved' })).toBe('node-a');
    await query(`DELETE FROM registry.node_records WHERE name = 'node-a'`);
    expect(await nodeOf({ accessToken: 'moved' })).toBe('node-b');
    expect((await query('SELECT node FROM reservations')).rows).toEqual([{ node: 'node-b' }]);
  });

  it('passes over a node whose login rests under another key, and says so where nothing else fits', async () => {
    await enrol('node-a', { cpus: 64, keys: [randomBytes(32)] });
    const refused = await ask();
    expect(refused).toMatchObject({
      refusals: [{ node: 'node-a', reason: expect.stringContaining('SLIPWAY_NODE_KEY') }],
    });
    await enrol('node-b');
    expect(await nodeOf()).toBe('node-b');
    expect((await query('SELECT node FROM reservations')).rows).toEqual([{ node: 'node-b' }]);
  });
});

it('tells how a node is reached now, reserves nothing for that, and says nothing of one that was removed', async () => {
  await enrol('node-a');
  const told = async () =>
    transaction(ownPool(), async (tx) => {
      await createPlacement().access(tx, { node: 'node-a' });
      await createPlacement().access(tx, { node: 'nowhere' });
      const { rows } = await tx.query<{ data: { sealedLogin: string } }>(
        `SELECT data FROM outbox WHERE type = 'slipway.node.access-answered.v1'`,
      );
      await tx.query('DELETE FROM outbox');
      return rows.map(({ data }) => data);
    });
  const [node] = await told();
  expect(node).toMatchObject({ name: 'node-a', address: 'node-a', sshPort: 22 });
  expect(await unseal(parsePrivateKeys(keys.privateKey), node?.sealedLogin ?? '')).toEqual(login);
  expect((await query('SELECT FROM reservations')).rows).toEqual([]);
  await query(`UPDATE registry.node_records SET wish = 'removed', state = 'gone', login_encrypted = NULL`);
  expect(await told()).toEqual([]);
});

it('waits for the registry instead of giving a request up, where the node manager never started', async () => {
  const empty = await createTestDatabase({ schema: appSchemas['load-balancer'] });
  await migrateApp('load-balancer', empty.pool);
  const asked = transaction(empty.pool, (tx) => createPlacement().answer(tx, requestOf()));
  await expect(asked).rejects.toMatchObject({ code: 'REGISTRY_UNAVAILABLE', retriable: true });
  await expect(asked).rejects.toThrow('start the node manager');
  await empty.drop();
});

it('answers what comes on node.requests on node.responses, and never logs a login', async () => {
  await enrol('node-a');
  const brokers = requireEnv('KAFKA_BROKERS');
  const kafka = createKafka({ brokers: brokers.split(','), clientId: 'test', logger: SILENT });
  const app = spawnApp('load-balancer', {
    KAFKA_BROKERS: brokers,
    ...appUrls(),
    SLIPWAY_NODE_KEY: secretKey,
    SLIPWAY_DEPLOYER_PUBLIC_KEY: keys.publicKey,
    SLIPWAY_API_TOKEN: 'the-token-that-changes',
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
  expect(await unseal(parsePrivateKeys(keys.privateKey), node?.sealedLogin ?? '')).toEqual(login);
  await Promise.all([reading.stop(), producer.stop()]);
  expect((await app.stop()).code).toBe(0);
  for (const secret of [login.privateKey, node?.sealedLogin ?? 'none', secretKey])
    expect(app.log()).not.toContain(secret);
});
