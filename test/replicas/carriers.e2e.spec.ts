import { afterAll, beforeAll, expect, it } from 'vitest';
import { createPool, Listener } from '#libs/postgres';
import { CARRIER_SCHEMA, RegistryFeed, TrafficCarriers } from '#libs/registry-client';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Client, greeter } from '../e2e/client.js';
import { slow } from '../e2e/services.js';
import { containersOf, settled } from '../e2e/world.js';

const SERVICES = { services: ['web'] } as const;
/** Longer than the test may take. */
const DRAIN_MS = 120_000;
const url = requireEnv('DATABASE_URL');

const client = new Client();
const pool = createPool({ url, schema: CARRIER_SCHEMA, applicationName: 'test-gateway' });
const listener = new Listener({ url });
const carriers = new TrafficCarriers(pool, DRAIN_MS);

beforeAll(async () => {
  await client.connect();
  await listener.start();
});
afterAll(async () => {
  await listener.stop();
  await pool.end();
  await client.close();
});

it('an instance is stopped once the gateway has let go of it: not before, and long before its drainMs', async () => {
  const appId = uniqueName('carried');
  await client.push(appId, 'web', slow('one', { stop: { drainMs: DRAIN_MS } }));
  await client.ask({ mode: 'build-and-run', appId, ...SERVICES });
  await settled(appId, 1);
  const gateway = uniqueName('gateway');
  const drains: number[] = [];
  let latest = 0;
  await carriers.register(gateway);
  const feed = new RegistryFeed({
    ...{ pool, listener },
    onSnapshot: ({ revision }) => void (latest = revision),
    onChanges(changes) {
      latest = Math.max(latest, ...changes.map(({ revision }) => revision));
      for (const change of changes)
        if (
          change.kind === 'instance' &&
          change.instance?.appId === appId &&
          change.instance.state === 'draining'
        )
          drains.push(change.revision);
    },
    onError: (error) => expect.fail(String(error)),
  });
  await feed.start();
  try {
    const token = await client.send({ mode: 'stop', appId, ...SERVICES });
    const drain = await until('the registry to show that it drains', () => drains[0]);
    await carriers.applied(gateway, drain - 1);
    // Whole deployments pass meanwhile.
    const other = uniqueName('other');
    await client.push(other, 'web', greeter('other'));
    await client.ask({ mode: 'build-and-run', appId: other, ...SERVICES });
    const [running] = await containersOf(appId);
    expect(running?.state).toBe('running');
    expect(client.replies.some(({ data }) => data.token === token)).toBe(false);
    await carriers.applied(gateway, latest);
    expect((await client.reply(token)).services).toMatchObject([{ status: 'stopped' }]);
    expect(await containersOf(appId)).toEqual([]);
    await client.ask({ mode: 'stop', appId: other, ...SERVICES });
  } finally {
    await carriers.release(gateway);
    await feed.stop();
  }
});
