import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type AppProcess, closedPort, spawnApp, uniqueName, until, untilReady } from '#libs/testing';
import { ask, Stream } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { Client, greeter } from '../e2e/client.js';
import { slipway } from '../e2e/command.js';
import { askGateway } from '../e2e/gateway.js';
import { containersOf, onNode, registryRows, settled } from '../e2e/world.js';
import { inWhole } from './in-whole.js';

// Left out of the short form: ends of HAProxy and of the gateway, which haproxy.int has.

const client = new Client();
beforeAll(() => client.connect());
afterAll(() => client.close());

const SOON = { timeoutMs: 30_000 };
const stops: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

async function deploy(appId: string, says: string, config: object = {}): Promise<void> {
  await client.push(appId, 'web', greeter(says, config));
  const reply = await client.ask({ mode: 'build-and-run', appId, services: ['web'] });
  expect(reply, JSON.stringify(reply)).toMatchObject({ status: true });
}

const stopApp = (appId: string) => client.ask({ mode: 'stop', appId, services: ['web'] });
const hostOf = (appId: string): string => `web.${appId}.localhost`;
const portOf = (): number => Number(new URL(String(process.env['SLIPWAY_TRAFFIC_URL'])).port);

/** A gateway beside that of the platform, on the same registry, whose HAProxy the test may end. */
class OwnGateway {
  private constructor(
    readonly port: number,
    private readonly folder: string,
  ) {}

  static async create(): Promise<OwnGateway> {
    const gateway = new OwnGateway(await closedPort(), await mkdtemp(join(tmpdir(), 'slipway-gateway-')));
    stops.push(() => rm(gateway.folder, { recursive: true, force: true }));
    return gateway;
  }

  async start(): Promise<AppProcess> {
    const app = spawnApp('gateway', {
      ...process.env,
      ...{ GATEWAY_LISTEN: `127.0.0.1:${this.port}`, GATEWAY_FOLDER: this.folder },
      GATEWAY_HAPROXY: '/usr/sbin/haproxy',
    });
    stops.push(() => app.stop());
    await untilReady(app);
    const url = String(app.httpUrls()['gateway']);
    await until('it to carry', () => fetch(`${url}/ready`).then(({ ok }) => ok), SOON);
    return app;
  }

  haproxyPid(): Promise<number> {
    return readFile(join(this.folder, 'haproxy.pid'), 'utf8').then(Number);
  }

  async bodyOf(host: string): Promise<string | undefined> {
    const answer = await ask({ port: this.port, host }).catch(() => undefined);
    return answer?.status === 200 ? answer.body : undefined;
  }
}

describe('a service', () => {
  it('is reached by its name from its deployment to its end, and app-server by that of its application', async () => {
    const appId = uniqueName('named');
    expect((await askGateway(hostOf(appId))).status).toBe(404);
    await deploy(appId, 'web of it');
    await client.push(appId, 'app-server', greeter('all of it'));
    await client.ask({ mode: 'build-and-run', appId, services: ['app-server'] });
    await until('both to be carried', async () => (await askGateway(`${appId}.localhost`)).status === 200);
    expect((await askGateway(hostOf(appId))).body).toBe('web of it');
    expect((await askGateway(`${appId}.localhost`)).body).toBe('all of it');
    const shown = await slipway('traffic', appId, 'web');
    expect(shown.out).toMatch(
      new RegExp(`^${appId}/web \\(least\\): .*\nINSTANCE .*\n${appId}-web-\\S+ +ready +100 `),
    );
    await client.ask({ mode: 'stop', appId, services: ['web', 'app-server'] });
    expect(await askGateway(hostOf(appId))).toMatchObject({ status: 503, headers: { 'retry-after': '60' } });
  });

  it('loses no request while it is deployed anew, scaled and robbed of instances', async () => {
    const appId = uniqueName('steady');
    await deploy(appId, 'release 0', { replicas: 2 });
    await until('it to be carried', async () => (await askGateway(hostOf(appId))).status === 200);
    const stream = new Stream({ port: portOf(), host: hostOf(appId) }, 4, 10);
    const begun = performance.now();
    for (let round = 1; round <= 2; round += 1) {
      await deploy(appId, `release ${round}`, { replicas: 2 });
      await until(`release ${round} to answer`, () => stream.answers.get(`release ${round}`), SOON);
      expect(await client.scale({ appId, service: 'web', to: 3 })).toMatchObject({ status: true });
      const [victim] = (await registryRows(appId)).filter(({ state }) => state === 'running');
      const container = (await containersOf(appId)).find(({ name }) => name === victim?.name);
      await onNode(String(victim?.node), 'docker', 'kill', String(container?.id));
      expect(await client.scale({ appId, service: 'web', to: 2 })).toMatchObject({ status: true });
    }
    await settled(appId, 2);
    await stream.stop();
    console.log(
      `${stream.count} requests in ${Math.round(performance.now() - begun)} ms, ${stream.failures.length} failed`,
    );
    expect(stream.failures).toEqual([]);
    await stopApp(appId);
  });
});

inWhole.describe('a gateway', () => {
  it('whose HAProxy is killed has it back within seconds', async () => {
    const appId = uniqueName('killed');
    await deploy(appId, 'here');
    const gateway = await OwnGateway.create();
    await gateway.start();
    await until('it to answer', () => gateway.bodyOf(hostOf(appId)), SOON);
    process.kill(await gateway.haproxyPid(), 'SIGKILL');
    const begun = performance.now();
    await until('it not to answer', async () => (await gateway.bodyOf(hostOf(appId))) === undefined);
    await until('it to answer again', () => gateway.bodyOf(hostOf(appId)), SOON);
    console.log(`HAProxy killed: back after ${Math.round(performance.now() - begun)} ms`);
    expect(performance.now() - begun).toBeLessThan(5_000);
    await stopApp(appId);
  });

  it('that is killed leaves HAProxy carrying; the next one brings it up to date', async () => {
    const appId = uniqueName('adopted');
    await deploy(appId, 'before', { replicas: 2 });
    const gateway = await OwnGateway.create();
    const first = await gateway.start();
    await until('it to answer', () => gateway.bodyOf(hostOf(appId)), SOON);
    const stream = new Stream({ port: gateway.port, host: hostOf(appId) }, 4, 10);
    const pid = await gateway.haproxyPid();
    await first.stop('SIGKILL');
    await stream.on(100);
    await client.scale({ appId, service: 'web', to: 3 });
    await gateway.start();
    await deploy(appId, 'after', { replicas: 2 });
    await until('the new release to answer', () => stream.answers.get('after'), SOON);
    await stream.stop();
    expect(stream.failures).toEqual([]);
    expect(await gateway.haproxyPid()).toBe(pid);
    await stopApp(appId);
  });
});
