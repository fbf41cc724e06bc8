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
import { askTls } from '../../apps/gateway/src/certificates/certificates.testing.js';
import { type Pebble, pebblePrograms, startPebble } from '../../scripts/one-machine/pebble.js';
import { Client, greeter } from '../e2e/client.js';

// Among all stages, acme.int has the same without processes.

const LEADS = 'this gateway orders certificates now';
const SOON = { timeoutMs: 60_000 };
const client = new Client();
const stops: (() => Promise<unknown>)[] = [];
// Go takes a minute or more, once.
beforeAll(() => pebblePrograms(), 900_000);
beforeAll(() => client.connect());
afterAll(() => client.close());
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface OwnGateway {
  readonly name: string;
  readonly app: AppProcess;
  readonly tlsPort: number;
  readonly url: string;
}

async function startGateway(
  name: string,
  port: number,
  { directoryUrl, caFile }: Pebble,
): Promise<OwnGateway> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-gateway-'));
  stops.push(() => rm(folder, { recursive: true, force: true }));
  const tlsPort = await closedPort();
  const app = spawnApp('gateway', {
    ...process.env,
    ...{ GATEWAY_REPLICA: name, GATEWAY_FOLDER: folder, GATEWAY_HAPROXY: '/usr/sbin/haproxy' },
    ...{ GATEWAY_LISTEN: `127.0.0.1:${port}`, GATEWAY_LISTEN_TLS: `127.0.0.1:${tlsPort}` },
    ...{ GATEWAY_DOMAIN: 'example.com', GATEWAY_ACME_URL: directoryUrl, GATEWAY_ACME_CA_FILE: caFile },
    ...{ GATEWAY_ACME_ACCEPT_TERMS: 'true', GATEWAY_ACME_RETRY_MS: '1000' },
  });
  stops.push(() => app.stop());
  await untilReady(app);
  return { name, app, tlsPort, url: String(app.httpUrls()['gateway']) };
}

interface Listed {
  readonly names: readonly string[];
  readonly served: boolean;
  readonly source: string;
}

async function certificatesOf({ url }: OwnGateway): Promise<readonly Listed[]> {
  const headers = { authorization: `Bearer ${requireEnv('SLIPWAY_API_TOKEN')}` };
  const answer = await fetch(`${url}/v1/certificates?limit=500`, { headers });
  return ((await answer.json()) as { readonly items: readonly Listed[] }).items;
}

const deploy = async (appId: string): Promise<void> => {
  await client.push(appId, 'web', greeter(appId));
  expect(await client.ask({ mode: 'build-and-run', appId, services: ['web'] })).toMatchObject({
    status: true,
  });
};
const bodyOf = ({ tlsPort }: OwnGateway, host: string, ca: string): Promise<string | undefined> =>
  askTls({ port: tlsPort, host, ca }).then(
    ({ body }) => body,
    () => undefined,
  );

it('the gateway that orders certificates is killed: another one goes on, and what is served stays', async () => {
  const port = await closedPort();
  const authority = await startPebble({ httpPort: port });
  stops.push(() => authority.stop());
  const root = await authority.root();
  const [before, after] = [uniqueName('before'), uniqueName('after')];
  await deploy(before);
  const first = await startGateway('first', await closedPort(), authority);
  await until('the first to order', () => first.app.log().includes(LEADS), SOON);
  const second = await startGateway('second', port, authority);
  await until(
    'both to serve it',
    async () => {
      const bodies = await Promise.all(
        [first, second].map((one) => bodyOf(one, `web.${before}.example.com`, root)),
      );
      return bodies.every((body) => body === before);
    },
    SOON,
  );
  await first.app.stop('SIGKILL');
  const begun = performance.now();
  await deploy(after);
  await until(
    'the second to serve the next one',
    async () => (await bodyOf(second, `web.${after}.example.com`, root)) === after,
    SOON,
  );
  console.log(`killed, and another host certified ${Math.round(performance.now() - begun)} ms later`);
  expect(second.app.log()).toContain(LEADS);
  // HAProxy of the killed one carries on.
  expect(await bodyOf(first, `web.${before}.example.com`, root)).toBe(before);
  expect(await certificatesOf(second)).toEqual(
    expect.arrayContaining(
      [before, after].map(
        (appId) =>
          expect.objectContaining({
            names: [`web.${appId}.example.com`],
            served: true,
            source: 'acme',
          }) as Listed,
      ),
    ),
  );
  await client.ask({ mode: 'stop', appId: before, services: ['web'] });
  await client.ask({ mode: 'stop', appId: after, services: ['web'] });
});
