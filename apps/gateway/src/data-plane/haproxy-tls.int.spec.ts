import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createHttp, type ServerResponse } from 'node:http';
import { connect as connectHttp2, constants } from 'node:http2';
import { type AddressInfo, connect as connectTcp } from 'node:net';
import { connect as connectTo } from 'node:tls';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { until } from '#libs/testing';
import { askTls, connectTls, serialOf, TestAuthority } from '../certificates/certificates.testing.js';
import type { CarriedCertificate } from './domain/certificates.js';
import { wantedOf } from './domain/wanted.testing.js';
import { ask, Instance } from './haproxy.testing.js';
import { securePlane } from './haproxy-tls.testing.js';

let authority: TestAuthority;
let ca: string;
beforeAll(async () => {
  authority = await TestAuthority.make();
  ({ ca } = authority);
});

async function certificate(
  id: string,
  names: readonly string[],
  redirects = true,
): Promise<CarriedCertificate> {
  const { pem } = await authority.sign({ names });
  return { id, pem: pem.replaceAll(/\n{2,}/g, '\n'), names, redirects };
}

async function instance(name: string, answer?: Parameters<typeof Instance.start>[1]): Promise<Instance> {
  const started = await Instance.start(name, answer);
  onTestFinished(() => started.kill().catch(() => undefined));
  return started;
}

/** A service with one instance at web.localhost, over HTTPS. */
async function secured(
  answer?: Parameters<typeof Instance.start>[1],
  options?: Parameters<typeof securePlane>[0],
) {
  const web = await instance('web', answer);
  const secure = await securePlane(options);
  await secure.plane.apply(wantedOf({ web: [web.wanted()] }));
  await secure.plane.serveCertificates([await certificate('web', ['web.localhost'])]);
  const get = (path = '/', headers = {}) =>
    askTls({ port: secure.tlsPort, host: 'web.localhost', ca, path, headers });
  return { ...secure, web, get };
}

const UPGRADE = 'Upgrade: websocket\r\nConnection: Upgrade\r\n';
/** RFC 6455, 4.2.2. */
const acceptOf = (key: string): string =>
  createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');

const echoHeaders = (incoming: { headers: object }, response: ServerResponse): void =>
  void response.end(JSON.stringify(incoming.headers));

describe('certificates', () => {
  it('are added, renewed and removed without a reload, and no request fails meanwhile', async () => {
    const { plane, tlsPort, get, troubles } = await secured();
    const first = await serialOf(tlsPort, 'web.localhost', ca);
    let isOver = false;
    const answers: number[] = [];
    const stream = (async () => {
      while (!isOver) answers.push((await get()).status);
    })();
    for (let round = 0; round < 5; round += 1) {
      const renewed = [
        await certificate('web', ['web.localhost']),
        await certificate(`more-${round}`, ['*.more.test']),
      ];
      await plane.serveCertificates(renewed);
      expect(await serialOf(tlsPort, 'web.localhost', ca)).not.toBe(first);
      await connectTls({ port: tlsPort, servername: 'any.more.test', ca }).then((socket) => socket.destroy());
    }
    isOver = true;
    await stream;
    expect(new Set(answers)).toEqual(new Set([200]));
    await plane.serveCertificates([]);
    await expect(get()).rejects.toThrow(/unrecognized name|handshake|closed|reset/i);
    expect(plane.counts).toMatchObject({ starts: 1, reloads: 0 });
    expect(troubles).toEqual([]);
  });

  it('of more bytes than HAProxy takes by command cost a reload', async () => {
    const { plane, tlsPort, get } = await secured();
    const names = Array.from({ length: 400 }, (_, n) => `name-${n}.with-a-longer-label.example.com`);
    await plane.serveCertificates([
      await certificate('web', ['web.localhost']),
      await certificate('long', names),
    ]);
    await connectTls({ port: tlsPort, servername: String(names[399]), ca }).then((socket) =>
      socket.destroy(),
    );
    expect((await get()).status).toBe(200);
    expect(plane.counts.reloads).toBe(1);
  });

  it('that HAProxy does not take leave those that were served, also for its next start', async () => {
    const { plane, get, folder } = await secured();
    const bad = {
      id: 'bad',
      pem: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
      names: ['bad.localhost'],
      redirects: true,
    };
    await expect(plane.serveCertificates([bad])).rejects.toThrow('HAProxy');
    await until('it to be as it was', () =>
      get().then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
    await plane.apply(wantedOf({}));
    await plane.close({ leave: false });
    const next = await securePlane({ folder });
    await connectTls({ port: next.tlsPort, servername: 'web.localhost', ca }).then((socket) =>
      socket.destroy(),
    );
  });

  it('are served from the folder before anybody says which there are', async () => {
    const first = await secured();
    await first.plane.close({ leave: false });
    const next = await securePlane({ folder: first.folder });
    expect((await askTls({ port: next.tlsPort, host: 'web.localhost', ca })).body).toBe('web');
    expect((await ask({ port: next.port, host: 'web.localhost' })).status).toBe(301);
  });

  it('of another host are given to nobody: a name without one is refused', async () => {
    const { tlsPort } = await secured();
    for (const servername of ['other.localhost', ''])
      await expect(
        connectTls({ port: tlsPort, servername, ca, rejectUnauthorized: false }),
      ).rejects.toThrow();
  });
});

describe('connections', () => {
  it('have TLS 1.2 or newer, and HTTP/2 where the client speaks it', async () => {
    const { tlsPort } = await secured();
    const to = { port: tlsPort, servername: 'web.localhost', ca };
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await connectTls({
        ...to,
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ['h2', 'http/1.1'],
      });
      expect([socket.getProtocol(), socket.alpnProtocol]).toEqual([version, 'h2']);
      socket.destroy();
    }
    const old = {
      ...to,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT:@SECLEVEL=0',
    } as const;
    await expect(connectTls(old)).rejects.toThrow(/version|alert/i);
    await expect(
      connectTls({ ...to, maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:@SECLEVEL=0' }),
    ).rejects.toThrow(/handshake|alert/i);
  });

  it('say to a service that they came by HTTPS, and at which port', async () => {
    const { get, port, tlsPort } = await secured(echoHeaders, { tls: { publicPort: 443, redirects: false } });
    const claims = { 'x-forwarded-proto': 'http', 'x-forwarded-port': '1' };
    const over = {
      https: await get('/', claims),
      http: await ask({ port, host: 'web.localhost', headers: { 'x-forwarded-proto': 'https' } }),
    };
    expect(tlsPort).not.toBe(443);
    expect(JSON.parse(over.https.body)).toMatchObject({
      'x-forwarded-proto': 'https',
      'x-forwarded-port': '443',
    });
    expect(JSON.parse(over.http.body)).toMatchObject({
      'x-forwarded-proto': 'http',
      'x-forwarded-port': String(port),
    });
  });
});

describe('plain HTTP', () => {
  it('is sent on to HTTPS: 301, and 308 where a method and a body must stay', async () => {
    const { port, tlsPort, plane } = await secured();
    const path = '/a%20b/?q=1&x=%2F';
    const location = `https://web.localhost:${tlsPort}${path}`;
    for (const [method, status] of [
      ['GET', 301],
      ['HEAD', 301],
      ['POST', 308],
      ['DELETE', 308],
    ] as const)
      expect(await ask({ port, host: `web.localhost:${port}`, path, method })).toMatchObject({
        status,
        headers: { location },
      });
    await plane.serveCertificates([]);
    expect((await ask({ port, host: 'web.localhost' })).status).toBe(200);
  });

  it('of a host without a certificate, or with one that nobody trusts, is answered', async () => {
    const [web, local] = [await instance('web'), await instance('local')];
    const { plane, port } = await securePlane();
    await plane.apply(wantedOf({ web: [web.wanted()], local: [local.wanted()] }));
    await plane.serveCertificates([
      await certificate('local', ['local.localhost'], false),
      await certificate('wide', ['*.example.com']),
    ]);
    expect((await ask({ port, host: 'web.localhost' })).body).toBe('web');
    expect((await ask({ port, host: 'local.localhost' })).body).toBe('local');
    for (const [host, status] of [
      ['a.example.com', 301],
      ['example.com', 404],
      ['a.b.example.com', 404],
    ] as const)
      expect((await ask({ port, host })).status, host).toBe(status);
  });

  it('is not sent on where that is turned off, or where it came to a trusted proxy by HTTPS', async () => {
    const off = await secured(undefined, { tls: { redirects: false } });
    expect((await ask({ port: off.port, host: 'web.localhost' })).status).toBe(200);
    const behind = await secured(undefined, { settings: { trustedProxies: ['127.0.0.0/8'] } });
    const headers = { 'x-forwarded-proto': 'https' };
    expect((await ask({ port: behind.port, host: 'web.localhost', headers })).status).toBe(200);
    expect((await ask({ port: behind.port, host: 'web.localhost' })).status).toBe(301);
  });

  it('of a challenge goes to the gateway, whatever the host, and the redirect uses port 443 without a port', async () => {
    const server = createHttp(({ url }, response) => response.end(`answer to ${url}`)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const { port: challengePort } = server.address() as AddressInfo;
    const { port } = await secured(undefined, { challengePort, tls: { publicPort: 443 } });
    const path = '/.well-known/acme-challenge/token';
    for (const host of ['web.localhost', 'unknown.localhost'])
      expect((await ask({ port, host, path })).body).toBe(`answer to ${path}`);
    expect((await ask({ port, host: 'web.localhost' })).headers.location).toBe('https://web.localhost/');
  });

  it('says nothing of HSTS; answers over HTTPS do where it is set, those of the gateway, too', async () => {
    const { port, tlsPort, plane } = await secured(undefined, {
      tls: { hstsSeconds: 3_600, redirects: false },
    });
    const name = 'strict-transport-security';
    expect((await ask({ port, host: 'web.localhost' })).headers).not.toHaveProperty(name);
    expect((await askTls({ port: tlsPort, host: 'web.localhost', ca })).headers[name]).toBe('max-age=3600');
    await plane.apply(wantedOf({}));
    expect(await askTls({ port: tlsPort, host: 'web.localhost', ca })).toMatchObject({
      status: 404,
      headers: { [name]: 'max-age=3600' },
    });
  });
});

describe('over TLS', () => {
  const upgrades = async () => {
    const { web, ...secure } = await secured((_, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: 1\n\n');
    });
    web.onUpgrade(({ headers }, socket) => {
      const accept = acceptOf(String(headers['sec-websocket-key']));
      socket.write(`HTTP/1.1 101 Switching Protocols\r\n${UPGRADE}Sec-WebSocket-Accept: ${accept}\r\n\r\n`);
      socket.pipe(socket);
    });
    return { ...secure, web };
  };

  it('events arrive one by one, and a WebSocket of HTTP/1.1 goes in both directions', async () => {
    const { tlsPort } = await upgrades();
    const to = { port: tlsPort, servername: 'web.localhost', ca };
    const events = await connectTls(to);
    events.write('GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n');
    const [head] = (await once(events, 'data')) as [Buffer];
    expect(head.toString()).toContain('data: 1');
    events.destroy();
    const socket = await connectTls(to);
    const key = randomBytes(16).toString('base64');
    socket.write(
      `GET / HTTP/1.1\r\nHost: web.localhost\r\n${UPGRADE}Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`,
    );
    const [switched] = (await once(socket, 'data')) as [Buffer];
    expect(switched.toString()).toContain('101 Switching Protocols');
    expect(switched.toString()).toContain(acceptOf(key));
    socket.write('there and back');
    const [back] = (await once(socket, 'data')) as [Buffer];
    expect(back.toString()).toBe('there and back');
    socket.destroy();
  });

  it('a WebSocket of HTTP/2 (RFC 8441) and events share a connection', async () => {
    const { tlsPort } = await upgrades();
    const session = connectHttp2(`https://web.localhost:${tlsPort}`, {
      createConnection: () =>
        connectTo({
          port: tlsPort,
          host: '127.0.0.1',
          servername: 'web.localhost',
          ca,
          ALPNProtocols: ['h2'],
        }),
    });
    onTestFinished(() => session.destroy());
    await once(session, 'remoteSettings');
    const events = session.request({ ':path': '/', ':authority': 'web.localhost' });
    const [part] = (await once(events, 'data')) as [Buffer];
    expect(part.toString()).toContain('data: 1');
    const socket = session.request({
      ':method': 'CONNECT',
      ':protocol': 'websocket',
      ':scheme': 'https',
      ':path': '/chat',
      ':authority': 'web.localhost',
      'sec-websocket-version': '13',
    });
    const [headers] = (await once(socket, 'response')) as [Record<string, unknown>];
    expect(headers[constants.HTTP2_HEADER_STATUS]).toBe(200);
    socket.write('there and back');
    const [back] = (await once(socket, 'data')) as [Buffer];
    expect(back.toString()).toBe('there and back');
  });

  it('a connection without TLS ends', async () => {
    const { tlsPort } = await secured();
    const socket = connectTcp(tlsPort, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n');
    socket.resume();
    await once(socket, 'close');
  });
});
