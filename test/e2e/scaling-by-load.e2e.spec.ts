import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TrafficService } from '#libs/contracts';
import { requireEnv, uniqueName, until } from '#libs/testing';
import { Stream } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { Client, greeter } from './client.js';
import { slipway } from './command.js';
import { askGateway } from './gateway.js';
import { slow } from './services.js';
import { exactly, registryRows, settled } from './world.js';

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const SOON = { timeoutMs: 30_000 };
const port = (): number => Number(new URL(requireEnv('SLIPWAY_TRAFFIC_URL')).port);

async function deployed(appId: string, files: Readonly<Record<string, string>>): Promise<void> {
  await client.push(appId, 'web', files);
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply, JSON.stringify(reply)).toMatchObject({ status: true });
}

/** The weights that its gateway gives its instances; none of those that get no requests. */
async function weightsOf(appId: string): Promise<readonly number[]> {
  const { code, out } = await slipway('traffic', appId, 'web', '--json');
  if (code !== 0) return [];
  const { services } = JSON.parse(out) as { readonly services: readonly TrafficService[] };
  return services
    .flatMap(({ instances }) => instances)
    .map(({ weight }) => weight)
    .filter((weight) => weight > 0);
}

async function running(appId: string): Promise<number> {
  return (await registryRows(appId)).filter(({ state }) => state === 'running').length;
}

it('a service grows under load by its policy, shrinks after it, and no request fails', async () => {
  const appId = uniqueName('grown');
  const scaling = {
    ...{ min: 1, max: 3, targets: { concurrency: 2 }, panic: { percent: 1_000 } },
    in: { step: 2, cooldownMs: 1_000, stabilisationMs: 2_000 },
  };
  await deployed(appId, slow('done', { scaling, stop: { drainMs: 5_000 } }));
  const host = `web.${appId}.localhost`;
  await until('it to be carried', async () => (await askGateway(host)).status === 200);
  const calm = new Stream({ port: port(), host }, 1);
  const load = new Stream({ port: port(), host }, 8);
  await until('three instances to run', async () => (await running(appId)) === 3, SOON);
  await until('three to get requests', async () => (await weightsOf(appId)).length === 3, SOON);
  await load.stop();
  expect(await until('one to be left', async () => (await running(appId)) === 1, SOON)).toBe(true);
  expect(await settled(appId, 1)).toEqual(exactly(1));
  await calm.stop();
  expect([...load.failures, ...calm.failures]).toEqual([]);
  const explained = await slipway('scaling', 'explain', appId, 'web');
  expect(explained.out).toMatch(/1 -> [23] /);
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});

it('a service without requests has no instance, and the next request is held until one answers it', async () => {
  const appId = uniqueName('woken');
  const scaling = { min: 0, max: 2, idleMs: 1_500, targets: { concurrency: 5 } };
  await deployed(appId, greeter('here again', { scaling }));
  expect(await settled(appId, 0)).toEqual(exactly(0));
  await until('nothing to be carried', async () => (await weightsOf(appId)).length === 0);
  const answer = await askGateway(`web.${appId}.localhost`);
  expect(answer).toMatchObject({ status: 200, body: 'here again' });
  expect(await running(appId)).toBe(1);
  expect(await settled(appId, 0)).toEqual(exactly(0));
  await client.ask({ mode: 'stop', appId, services: ['web'] });
});
