import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { closedPort } from '#libs/testing';
import type { ProbeResult, ProbeTarget } from '../ports.js';
import { NetworkProber } from './network-prober.js';

const servers: Server[] = [];
const prober = new NetworkProber();
const { signal } = new AbortController();

async function listening(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

const probe = (
  port: number,
  path: string | undefined,
  timeoutMs = 5_000,
  more: Partial<ProbeTarget> = {},
): Promise<ProbeResult> => prober.probe({ host: '127.0.0.1', port, path, ...more }, timeoutMs, signal);

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

describe('a probe over HTTP', () => {
  it.each([
    [200, true],
    [302, true],
    [404, false],
    [503, false],
  ])('takes an answer of %i for healthy: %s', async (status, healthy) => {
    const paths: string[] = [];
    const port = await listening((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(status, { location: '/elsewhere' }).end('a body that nobody reads');
    });
    expect(await probe(port, '/health?deep=1')).toEqual({ healthy, seen: `HTTP ${status}` });
    expect(paths).toEqual(['/health?deep=1']);
  });

  it('case 22: a service that answers 400 to a name it does not know is called localhost', async () => {
    const port = await listening(({ headers }, response) =>
      response.writeHead(headers.host === 'localhost' ? 200 : 400).end(),
    );
    expect(await probe(port, '/')).toEqual({ healthy: true, seen: 'HTTP 200' });
  });

  it('case 22: is sent with the headers of config.json, whatever their capitals', async () => {
    const seen: unknown[] = [];
    const port = await listening(({ headers }, response) => {
      seen.push(headers.host, headers['x-forwarded-proto'], headers['user-agent']);
      response.end();
    });
    await probe(port, '/', 5_000, { headers: { HOST: 'shop.example', 'X-Forwarded-Proto': 'https' } });
    expect(seen).toEqual(['shop.example', 'https', 'slipway-probe']);
  });

  it('takes no other answer for healthy than config.json names', async () => {
    const port = await listening((_, response) => response.writeHead(401).end());
    expect((await probe(port, '/', 5_000, { statuses: [204, 401] })).healthy).toBe(true);
    expect((await probe(port, '/', 5_000, { statuses: [200] })).healthy).toBe(false);
  });

  it('over TLS says so when the service speaks none', async () => {
    const port = await listening((_, response) => response.end());
    expect(await probe(port, '/', 5_000, { scheme: 'https' })).toMatchObject({ healthy: false });
  });

  it('does not wait for a body that never ends', async () => {
    const port = await listening((_, response) => response.writeHead(200).write('more to come'));
    expect(await probe(port, '/')).toEqual({ healthy: true, seen: 'HTTP 200' });
  });

  it('says that nobody listens', async () => {
    expect(await probe(await closedPort(), '/')).toEqual({
      healthy: false,
      seen: expect.stringMatching(/ECONNREFUSED/),
    });
  });

  it('gives up on a service that takes the connection and does not answer', async () => {
    const port = await listening(() => undefined);
    expect(await probe(port, '/', 50)).toEqual({ healthy: false, seen: 'no answer within 50 ms' });
  });

  it('ends at once when it is aborted', async () => {
    const port = await listening(() => undefined);
    const aborted = AbortSignal.timeout(30);
    const begun = performance.now();
    const { healthy } = await prober.probe({ host: '127.0.0.1', port, path: '/' }, 60_000, aborted);
    expect(healthy).toBe(false);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe('a probe over TCP', () => {
  it('takes a connection for healthy, whatever is said on it', async () => {
    expect(await probe(await listening(() => undefined), undefined)).toEqual({
      healthy: true,
      seen: 'TCP connection',
    });
  });
});
