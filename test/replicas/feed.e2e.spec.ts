import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import {
  type AppProcess,
  closedPort,
  requireEnv,
  spawnApp,
  uniqueName,
  until,
  untilReady,
} from '#libs/testing';
import { ask, Stream } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { Client, greeter } from '../e2e/client.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const SOON = { timeoutMs: 30_000 };
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function deploy(appId: string, says: string): Promise<void> {
  await client.push(appId, 'web', greeter(says, { replicas: 2 }));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply, JSON.stringify(reply)).toMatchObject({ status: true });
}

async function started(app: string, env: NodeJS.ProcessEnv): Promise<AppProcess> {
  const process = spawnApp(app, env);
  stops.push(() => process.stop('SIGKILL'));
  await untilReady(process);
  return process;
}

/** A replica of the load balancer beside that of the platform. */
async function loadBalancer(): Promise<{ readonly app: AppProcess; readonly url: string }> {
  const app = await started('load-balancer', process.env);
  return { app, url: String(app.httpUrls()['load-balancer']).replace(/^http/, 'ws') };
}

/** A gateway that knows load balancers alone: neither Kafka nor Postgres. */
async function edgeGateway(urls: readonly string[]) {
  const [port, folder] = [await closedPort(), await mkdtemp(join(tmpdir(), 'slipway-edge-'))];
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const app = await started('gateway', {
    ...{ GATEWAY_FEED_URLS: urls.join(), GATEWAY_FEED_TOKEN: requireEnv('SLIPWAY_API_TOKEN') },
    ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_FOLDER: folder, GATEWAY_REPLICA: 'edge' },
    ...{ GATEWAY_HAPROXY: '/usr/sbin/haproxy', GATEWAY_ACCESS_LOG: 'false' },
    SLIPWAY_API_TOKEN: 'the-token-of-the-edge',
  });
  const url = String(app.httpUrls()['gateway']);
  return { app, port, isReady: () => fetch(`${url}/ready`).then(({ ok }) => ok) };
}

it('a gateway that has only the feed loses no request of a service that is deployed anew while its load balancer is killed', async () => {
  const appId = uniqueName('edge');
  const host = `web.${appId}.localhost`;
  const [first, second] = [await loadBalancer(), await loadBalancer()];
  await deploy(appId, 'release 0');
  const gateway = await edgeGateway([first.url, second.url]);
  const answers = async (): Promise<boolean> =>
    (await ask({ port: gateway.port, host }).catch(() => undefined))?.status === 200;
  await until('it to carry', answers, SOON);
  const stream = new Stream({ port: gateway.port, host }, 4, 10);
  await deploy(appId, 'release 1');
  await until('release 1 to answer', () => stream.answers.get('release 1'), SOON);
  await first.app.stop('SIGKILL');
  const begun = performance.now();
  await until(
    'the other one to be followed',
    () => gateway.app.log().includes(`"url":"${second.url}"`),
    SOON,
  );
  console.log(
    `a load balancer was killed: the other one is followed after ${Math.round(performance.now() - begun)} ms`,
  );
  await deploy(appId, 'release 2');
  await until('release 2 to answer', () => stream.answers.get('release 2'), SOON);
  // No load balancer at all: what is known is carried on.
  await second.app.stop('SIGKILL');
  await stream.on(200);
  expect(await gateway.isReady()).toBe(true);
  await stream.stop();
  console.log(`${stream.count} requests, ${stream.failures.length} failed`);
  expect(stream.failures).toEqual([]);
  expect((await gateway.app.stop()).code).toBe(0);
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});
