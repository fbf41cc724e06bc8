import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { databaseVariable } from '#libs/app-roles';
import type { Pool } from '#libs/postgres';
import type { RunningApp } from '#libs/runtime';
import { freshKeys } from '#libs/secrets';
import {
  addRunningInstance,
  appPool,
  closedPort,
  createTestDatabase,
  migrateApp,
  type TestDatabase,
  until,
} from '#libs/testing';
import { ask, Instance } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { startGateway } from '../../apps/gateway/src/start.js';
import { BareFeed, READ_TOKEN } from '../../apps/load-balancer/src/traffic-feed/feed.testing.js';
import { HAPROXY } from '../../scripts/gateway/plane-alone.js';
import { TcpFront } from './tcp-front.js';

const HOST = 'web.shop.localhost';
const SOON = { timeoutMs: 20_000 };

const stops: (() => Promise<unknown>)[] = [];
let folder: string;
let port: number;

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function place(): Promise<void> {
  folder = await mkdtemp(join(tmpdir(), 'slipway-alone-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  port = await closedPort();
}

async function gatewayWith(env: Readonly<Record<string, string>>): Promise<RunningApp> {
  const app = await startGateway({
    ...{ ...freshKeys(), LOG_LEVEL: 'error', GATEWAY_HTTP_PORT: '0', GATEWAY_HAPROXY: HAPROXY },
    ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_FOLDER: folder, GATEWAY_ACCESS_LOG: 'false' },
    ...env,
  });
  let closing: Promise<void> | undefined;
  const close = (): Promise<void> => (closing ??= app.close());
  stops.push(close);
  return { ...app, close };
}

const said = (): Promise<string | undefined> =>
  ask({ port, host: HOST }).then(
    ({ status, body }) => `${status} ${body.trim()}`,
    () => undefined,
  );
const untilSaid = (what: string) => until(what, async () => (await said()) === what, SOON);

async function readiness({ httpUrl }: RunningApp) {
  const response = await fetch(`${httpUrl}/ready`);
  return { isReady: response.ok, text: await response.text() };
}

describe('a gateway that starts while Postgres is away', () => {
  let database: TestDatabase;
  let registry: Pool;
  let databasePort: number;

  beforeAll(async () => {
    database = await createTestDatabase({ roles: true });
    registry = appPool(database, 'node-manager');
    await migrateApp('node-manager', registry);
    databasePort = Number(new URL(database.url).port);
  });
  afterAll(async () => {
    await registry.end();
    await database.drop();
  });

  async function instance(name: string): Promise<void> {
    const started = await Instance.start(name);
    stops.push(async () => {
      await registry.query('DELETE FROM instance_records WHERE name = $1', [name]);
      await started.kill();
    });
    await addRunningInstance(registry, name, started.port);
  }

  function urlBy(front: number): Readonly<Record<string, string>> {
    const url = new URL(String(database.appUrls[databaseVariable('gateway')]));
    url.port = String(front);
    return { [databaseVariable('gateway')]: url.href };
  }

  it('ended: it answers 503 and is not ready, joins once Postgres is back, and starts again by what it knew', async () => {
    await place();
    await instance('a');
    const front = await closedPort();
    const first = await gatewayWith(urlBy(front));
    await untilSaid('503 This gateway does not know yet what runs.');
    const { isReady, text } = await readiness(first);
    expect(isReady).toBe(false);
    expect(text).toContain('Cannot connect to GATEWAY_DATABASE_URL');
    const back = await TcpFront.start(databasePort, front);
    await untilSaid('200 a');
    await until('it to be ready', async () => (await readiness(first)).isReady, SOON);
    await first.close();
    await back.stop();
    // What runs has been carried before.
    const second = await gatewayWith(urlBy(front));
    await untilSaid('200 a');
    expect((await readiness(second)).text).toContain('requests are carried by what was known last');
    const again = await TcpFront.start(databasePort, front);
    stops.push(() => again.stop());
    await instance('b');
    await untilSaid('200 b');
    await until('it to be ready', async () => (await readiness(second)).isReady, SOON);
  });

  it('and nothing answers, as behind a cut: the same', async () => {
    await place();
    await instance('a');
    const front = await TcpFront.start(databasePort);
    stops.push(() => front.stop());
    front.cut();
    const starting = gatewayWith(urlBy(front.port));
    await untilSaid('503 This gateway does not know yet what runs.');
    front.mend();
    await starting;
    await untilSaid('200 a');
  });

  it('but not while its password is wrong: it ends, and says so', async () => {
    await place();
    const variable = databaseVariable('gateway');
    const url = new URL(String(database.appUrls[variable]));
    url.password = 'wrong';
    await expect(gatewayWith({ [variable]: url.href })).rejects.toMatchObject({
      ...{ code: 'DATABASE_CONNECTION', message: expect.stringContaining('password') as string },
    });
    expect(await said()).toBeUndefined();
  });
});

describe('a gateway at the edge', () => {
  const feedAt = (front: number) => ({
    GATEWAY_FEED_URLS: `ws://127.0.0.1:${front}`,
    GATEWAY_FEED_TOKEN: READ_TOKEN,
  });

  it('that starts while its load balancer is away answers 503, says so, and joins it', async () => {
    await place();
    const front = await closedPort();
    const app = await gatewayWith(feedAt(front));
    await untilSaid('503 This gateway does not know yet what runs.');
    expect((await readiness(app)).text).toMatch(
      /the feed of ws:\/\/127\.0\.0\.1:\d+ is away: .*ECONNREFUSED/,
    );
    const [feed, a] = [await BareFeed.start(), await Instance.start('a')];
    stops.push(
      () => feed.stop(),
      () => a.kill(),
    );
    const of = { appId: 'shop', service: 'web', state: 'running' as const };
    feed.change([{ kind: 'instance', name: 'a', instance: { ...of, address: '127.0.0.1', port: a.port } }]);
    const back = await TcpFront.start(feed.port, front);
    stops.push(() => back.stop());
    await untilSaid('200 a');
    await until('it to be ready', async () => (await readiness(app)).isReady, SOON);
  });

  it('whose port is taken said that it was ready: it is not, and says why', async () => {
    await place();
    const taken = createServer().listen(port, '127.0.0.1');
    await once(taken, 'listening');
    stops.push(() => new Promise((resolve) => taken.close(resolve)));
    const feed = await BareFeed.start();
    stops.push(() => feed.stop());
    const app = await gatewayWith(feedAt(feed.port));
    const why = `it cannot listen at 127.0.0.1:${port}: another process listens there`;
    await until('it to say why', async () => (await readiness(app)).text.includes(why), SOON);
    expect((await readiness(app)).isReady).toBe(false);
  });
});
