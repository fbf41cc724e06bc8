import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#libs/config';
import { Health } from '#libs/telemetry';
import { addRunningInstance, closedPort, until } from '#libs/testing';
import { gatewayParts } from '../../apps/gateway/src/data-plane/gateway-parts.testing.js';
import { ask, Instance } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { openDataPlane } from '../../apps/gateway/src/data-plane/wire.js';
import { createTraffic, feedUpstream } from '../../apps/gateway/src/traffic/wire.js';
import {
  BareFeed,
  FeedWorld,
  instances as running,
  READ_TOKEN,
} from '../../apps/load-balancer/src/traffic-feed/feed.testing.js';
import { follow, stops, token } from './follow.js';
import { inWhole } from '../short-form.js';

/** Left out of the short form: figures, which `npm test int` prints. */
const whole = inWhole('int');

const SOON = { timeoutMs: 20_000 };

let world: FeedWorld;
beforeAll(async () => {
  world = await FeedWorld.start();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await world.clear();
});
afterAll(() => world.close());

const folderFor = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-feed-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
};

/** A gateway that has nothing but the feed, with a real HAProxy. */
async function startGateway(urls: readonly string[], folder: string) {
  const { config, port, listen, runtime } = await gatewayParts({
    env: {
      ...{ GATEWAY_FEED_URLS: urls.join(), GATEWAY_FEED_TOKEN: READ_TOKEN, GATEWAY_REPLICA: 'edge' },
      ...{ GATEWAY_HAPROXY: '/usr/sbin/haproxy', GATEWAY_ACCESS_LOG: 'false' },
    },
    folder,
  });
  const { logger, metrics, health } = runtime;
  const plane = await openDataPlane(runtime, config, listen);
  const upstream = feedUpstream({ logger, metrics }, 'edge', { urls, token });
  const traffic = createTraffic({
    runtime: { logger, metrics, health: new Health() },
    upstream,
    plane,
    config,
  });
  await traffic.start();
  let isStopped = false;
  const stop = async (): Promise<void> => {
    if (isStopped) return;
    isStopped = true;
    await traffic.stop({ leave: false });
    await plane.close({ leave: false });
  };
  stops.push(stop);
  const connected = async () =>
    (await metrics.registry.getSingleMetric('slipway_gateway_feed_connected')?.get())?.values[0]?.value;
  const get = (path = '/') => ask({ port, host: 'web.shop.localhost', path });
  return { get, connected, health, stop };
}

async function instance(name: string, answer?: Parameters<typeof Instance.start>[1]): Promise<Instance> {
  const started = await Instance.start(name, answer);
  stops.push(() => started.kill());
  await addRunningInstance(world.registry, name, started.port, 'localhost');
  return started;
}

const applied = async () => world.watch.untilApplied(await world.latest(), SOON);

describe('a gateway that has only the feed', () => {
  it('carries what runs, and a drain waits until its last request has ended', async () => {
    const held: ServerResponse[] = [];
    await instance('old', (_, response) => void held.push(response));
    const { get } = await startGateway([(await world.replica()).url], await folderFor());
    await until('it to carry', async () => (await world.carriers()).length === 1, SOON);
    expect(await applied()).toMatchObject({ carriers: 1 });
    const slow = get('/slow');
    await until('the request to be in flight', () => held.length > 0);
    await instance('new');
    await world.setState('old', 'draining');
    const drained = world.watch.untilDrained('old', { timeoutMs: 60_000 });
    await applied();
    expect((await get()).body).toBe('new');
    expect(await world.watch.untilDrained('old', { timeoutMs: 0 })).toMatchObject({ applied: false });
    held.forEach((response) => response.end('in the end'));
    expect((await slow).body).toBe('in the end');
    expect(await drained).toEqual({ applied: true, carriers: 1 });
  });

  it('takes a change within milliseconds', async () => {
    await instance('b0');
    const { get } = await startGateway([(await world.replica()).url], await folderFor());
    await until('it to carry', async () => (await world.carriers()).length === 1, SOON);
    await applied();
    const times: number[] = [];
    for (let n = 1; n <= 20; n += 1) {
      const begun = performance.now();
      await instance(`b${n}`);
      await world.setState(`b${n - 1}`, 'draining');
      await applied();
      times.push(performance.now() - begun);
      expect((await get()).body).toBe(`b${n}`);
    }
    console.log(`two changes until both are applied and said to be, by the feed: ${at(times, 0.5)} ms`);
  });

  it('serves on while the load balancer is away, says so, and comes back to another one', async () => {
    const [first, second] = [await world.replica('lb-1'), await world.replica('lb-2')];
    await instance('a');
    const gateway = await startGateway([first.url, second.url], await folderFor());
    await until('it to carry', async () => (await world.carriers()).length === 1, SOON);
    await applied();
    await first.kill();
    await until('it to say so', async () => (await gateway.connected()) === 0);
    expect((await gateway.get()).body).toBe('a');
    expect(await gateway.health.readiness()).toMatchObject({ ready: true });
    await instance('b');
    await world.setState('a', 'draining');
    const begun = performance.now();
    expect(await world.watch.untilDrained('a', SOON)).toEqual({ applied: true, carriers: 1 });
    console.log(
      `a load balancer died: drained by another one after ${Math.round(performance.now() - begun)} ms`,
    );
    expect((await gateway.get()).body).toBe('b');
    expect(await second.metric('load_balancer_feed_snapshots_total')).toBe(0);
  });

  it('that is started while no load balancer answers carries what it carried last', async () => {
    const replica = await world.replica();
    await instance('a');
    const folder = await folderFor();
    const before = await startGateway([replica.url], folder);
    await until('it to carry', async () => (await world.carriers()).length === 1, SOON);
    await applied();
    await before.stop();
    expect(await world.carriers()).toEqual([]);
    const dead = `ws://127.0.0.1:${await closedPort()}`;
    const gateway = await startGateway([dead, replica.url], folder);
    expect((await gateway.get()).body).toBe('a');
    await until('it to be connected', async () => (await gateway.connected()) === 1, SOON);
  });

  it('whose lease had lapsed while its HAProxy was away has another one', async () => {
    await instance('a');
    await startGateway([(await world.replica()).url], await folderFor());
    await until('it to carry', async () => (await world.carriers()).length === 1, SOON);
    await applied();
    await world.pool.query(`UPDATE carrier_records SET lease_until = now() - interval '1 s'`);
    await until('another lease', async () => {
      const end = await world.watch.untilApplied(await world.latest(), { timeoutMs: 0 });
      return end.applied && end.carriers === 1;
    });
  });
});

const at = (times: readonly number[], share: number): string =>
  (times.toSorted((a, b) => a - b)[Math.floor(times.length * share)] ?? 0).toFixed(1);

describe('a feed over TLS', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-feed-tls-'));
    const made = ['-keyout', join(folder, 'key'), '-out', join(folder, 'crt'), '-subj', '/CN=localhost'];
    const san = ['-addext', 'subjectAltName=DNS:localhost'];
    const how = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    execFileSync('openssl', [...how, ...made, ...san], { stdio: 'pipe' });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const start = async () => {
    const [key, cert] = await Promise.all(['key', 'crt'].map((name) => readFile(join(folder, name), 'utf8')));
    const feed = await BareFeed.start(3, 10, { key: String(key), cert: String(cert) });
    stops.push(() => feed.stop());
    return feed;
  };

  it('is followed with the certificate of its authority', async () => {
    const { url } = await start();
    const { seen } = await follow([url], { caFile: join(folder, 'crt') });
    await until('the snapshot', () => seen.size === 3, SOON);
  });

  it('whose authority is not known is not followed, and the reason is said', async () => {
    const { url, server } = await start();
    const { lost } = await follow([url]);
    expect(await until('it to be lost', () => lost[0])).toContain('self-signed certificate');
    expect(server.size).toBe(0);
  });
});

it('a token that is not taken is said to be, and the next address is tried', async () => {
  const feed = await BareFeed.start(3);
  stops.push(() => feed.stop());
  const { lost } = await follow([feed.url, `ws://127.0.0.1:${await closedPort()}`], {
    token: new Secret('other'),
  });
  await until('both to be tried', () => lost.length >= 2, SOON);
  expect(lost[0]).toBe('401: GATEWAY_FEED_TOKEN is not taken');
  expect(lost[1]).toContain('ECONNREFUSED');
});

whole.describe('figures of the feed alone', () => {
  it('10,000 instances reach a gateway', async () => {
    await world.run('many', 10_000);
    const { url } = await world.replica();
    const times: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const begun = performance.now();
      const { seen, snapshots } = await follow([url]);
      await until('the snapshot', () => snapshots() > 0, SOON);
      times.push(performance.now() - begun);
      expect(seen.size).toBe(10_000);
    }
    console.log(`a snapshot of 10,000 instances: median ${at(times, 0.5)} ms, worst ${at(times, 0.99)} ms`);
  });

  it('1,000 changes a second reach each of 20 gateways soon', async () => {
    const feed = await BareFeed.start(10_000);
    stops.push(() => feed.stop());
    const gateways = await Promise.all(Array.from({ length: 20 }, () => follow([feed.url])));
    for (const { snapshots } of gateways) await until('the snapshot', () => snapshots() > 0, SOON);
    const made = new Map<string, number>();
    const begun = performance.now();
    for (let n = 0; n < 300; n += 1) {
      await until('its time', () => performance.now() >= begun + n * 10);
      const entries = running(`c${n}-`, 10);
      for (const { name } of entries) made.set(name, performance.now());
      feed.change(entries);
    }
    const tookMs = performance.now() - begun;
    for (const { seen } of gateways) await until('all of them', () => seen.size >= 13_000, SOON);
    const times = gateways.flatMap(({ seen }) => [...made].map(([name, ms]) => Number(seen.get(name)) - ms));
    console.log(
      `${Math.round(3_000_000 / tookMs)} changes a second to 20 gateways: ` +
        `p50 ${at(times, 0.5)} ms, p99 ${at(times, 0.99)} ms, worst ${at(times, 0.99999)} ms`,
    );
    expect(times).toHaveLength(60_000);
  });
});
