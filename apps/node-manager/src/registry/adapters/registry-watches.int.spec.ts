import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { databaseVariable } from '#libs/app-roles';
import { instanceReported } from '#libs/contracts';
import { Listener, type Pool, transaction } from '#libs/postgres';
import { CHANGES_CHANNEL } from '#libs/registry-client';
import { appPool, createTestDatabase, migrateApp, type TestDatabase, uniqueName, until } from '#libs/testing';
import { recordReport } from './postgres-registry.js';
import type { Watcher } from '../ports.js';
import { RegistryWatches, type WatchesParts } from './registry-watches.js';

let database: TestDatabase;
let pool: Pool;
let listener: Listener;
beforeAll(async () => {
  database = await createTestDatabase({ roles: true });
  pool = appPool(database, 'node-manager');
  await migrateApp('node-manager', pool);
  listener = new Listener({ url: String(database.appUrls[databaseVariable('node-manager')]) });
  await listener.start();
});
afterAll(async () => {
  await listener.stop();
  await pool.end();
  await database.drop();
});

/** A client that takes what is written once it is told to. */
class SlowClient implements Watcher {
  readonly written: string[] = [];
  isSlow = false;
  ended: 'in order' | 'cut off' | undefined;
  private readonly gone = new AbortController();
  readonly closed = this.gone.signal;
  private take: (() => void) | undefined;

  write(text: string): boolean {
    this.written.push(text);
    return !this.isSlow;
  }
  drained(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.take = resolve;
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  }
  takeAll(): void {
    this.isSlow = false;
    this.take?.();
  }
  end(): void {
    this.ended ??= 'in order';
  }
  cutOff(): void {
    this.ended ??= 'cut off';
  }
  leave(): void {
    this.gone.abort();
  }
  names(): readonly string[] {
    return [...this.written.join('').matchAll(/"kind":"instance","name":"([^"]+)"/g)].map(
      ([, name]) => name ?? '',
    );
  }
}

const opened: RegistryWatches[] = [];
afterEach(() => Promise.all(opened.splice(0).map((watches) => watches.close())));

async function watchesOf(more: Partial<WatchesParts> = {}): Promise<RegistryWatches> {
  const warnings = { warn: (fields: object) => void console.error(fields) };
  const watches = new RegistryWatches({
    pool,
    listener,
    logger: warnings,
    channel: CHANGES_CHANNEL,
    ...more,
  });
  await watches.start();
  opened.push(watches);
  return watches;
}

const example = instanceReported.schema.parse(instanceReported.example);
const run = (appId: string, n: number): Promise<void> =>
  transaction(pool, (tx) => recordReport(tx, { ...example, appId, instance: `${appId}-${n}` }));

it('a slow client has one batch in memory, whatever happens meanwhile, and then all that it missed', async () => {
  const appId = uniqueName('slow');
  const client = new SlowClient();
  const watches = await watchesOf({ heartbeatMs: 5 });
  expect(watches.watch(client, { appId, kind: 'instance' })).toBe('watching');
  await until('the snapshot', () => client.written.some((text) => text.includes('event: snapshot')));
  client.isSlow = true;
  const taken = client.written.length;
  await until('it to be full', () => client.written.length > taken);
  const before = client.written.length;
  for (let n = 0; n < 50; n += 1) await run(appId, n);
  // Neither changes nor heartbeats are written: what is asked for afterwards comes from the registry.
  expect(client.written).toHaveLength(before);
  client.takeAll();
  await until('all changes', () => client.names().length >= 50);
  expect(client.names()).toEqual(Array.from({ length: 50 }, (_, n) => `${appId}-${n}`));
});

it('a client that takes nothing for long is cut off', async () => {
  const client = new SlowClient();
  client.isSlow = true;
  (await watchesOf({ stalledMs: 50 })).watch(client, {});
  await until('it to be cut off', () => client.ended);
  expect(client.ended).toBe('cut off');
});

it('no more watch than may, and one that leaves makes room', async () => {
  const watches = await watchesOf({ most: 1 });
  const [first, second] = [new SlowClient(), new SlowClient()];
  expect(watches.watch(first, {})).toBe('watching');
  expect(watches.watch(second, {})).toBe('busy');
  expect(second.written).toEqual([]);
  first.leave();
  await until('there to be room', () => watches.watch(second, {}) === 'watching');
});

it('says while nothing happens that it is there, and up to which revision there was nothing', async () => {
  const appId = uniqueName('beats');
  const client = new SlowClient();
  (await watchesOf({ heartbeatMs: 5 })).watch(client, { appId });
  await until('the snapshot', () => client.written.some((text) => text.includes('event: snapshot')));
  // Of another application: no event comes of it.
  await run(uniqueName('other'), 1);
  const { rows } = await pool.query<{ latest: string }>('SELECT latest::text AS latest FROM revision');
  await until('a heartbeat of it', () => client.written.includes(`:\nid: ${rows[0]?.latest}\n\n`));
  expect(client.names()).toEqual([]);
});

it('ends all that watch when the app ends, and takes no more', async () => {
  const watches = await watchesOf();
  const [idle, slow] = [new SlowClient(), new SlowClient()];
  for (const client of [idle, slow]) watches.watch(client, {});
  slow.isSlow = true;
  await watches.close();
  await until('both to end', () => idle.ended !== undefined && slow.ended !== undefined);
  expect([idle.ended, slow.ended]).toEqual(['in order', 'in order']);
  expect(watches.watch(new SlowClient(), {})).toBe('ending');
});

it('a fault of the database is made up for: what changed meanwhile comes', async () => {
  const appId = uniqueName('fault');
  let isAway = false;
  const warnings: object[] = [];
  const flaky = new Proxy(pool, {
    get(of, member) {
      if (isAway && member === 'connect') return () => Promise.reject(new Error('the database is away'));
      const value: unknown = Reflect.get(of, member);
      return typeof value === 'function' ? (value.bind(of) as unknown) : value;
    },
  });
  const logger = { warn: (fields: object) => void warnings.push(fields) };
  const client = new SlowClient();
  (await watchesOf({ pool: flaky, logger })).watch(client, { appId, kind: 'instance' });
  await until('the snapshot', () => client.written.some((text) => text.includes('event: snapshot')));
  isAway = true;
  await run(appId, 1);
  await until('the fault to be told', () => warnings.length > 0);
  isAway = false;
  await run(appId, 2);
  await until('both changes', () => client.names().length === 2);
  expect(client.names()).toEqual([`${appId}-1`, `${appId}-2`]);
});
