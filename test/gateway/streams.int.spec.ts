import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Agent as HttpAgent, request, type IncomingMessage, type RequestListener } from 'node:http';
import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Agent, EventSource, WebSocket } from 'undici';
import { until } from '#libs/testing';
import { wantedOf } from '../../apps/gateway/src/data-plane/domain/wanted.testing.js';
import { ask, Instance } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { startGatewayAlone } from './gateway-alone.js';
import type { PlaneAlone } from '../../scripts/gateway/plane-alone.js';
import { echoWebSocket } from './web-socket-server.js';

let gateway: PlaneAlone;
const stops: (() => Promise<unknown>)[] = [];

/** Every name is this machine. */
const here = new Agent({
  connect: { lookup: (_name, _options, found) => found(null, [{ address: '127.0.0.1', family: 4 }]) },
});

beforeAll(async () => {
  gateway = await startGatewayAlone();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});
afterAll(async () => {
  await here.close();
  await gateway.stop();
});

async function serve(answer: RequestListener): Promise<Instance> {
  const instance = await Instance.start('web', answer);
  stops.push(() => instance.kill());
  await gateway.plane.apply(wantedOf({ web: [instance.wanted()] }));
  return instance;
}

const url = (scheme: string, path = '/'): string => `${scheme}://web.localhost:${gateway.port}${path}`;
const sha = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');

describe('a WebSocket', () => {
  it('carries texts, bytes of a megabyte and its end in both directions, 20 of them at once', async () => {
    const instance = await serve((_, response) => response.end());
    instance.onUpgrade(echoWebSocket);
    const large = randomBytes(1_000_000);
    const one = async (number: number): Promise<void> => {
      const socket = new WebSocket(url('ws', `/${number}`), { dispatcher: here });
      socket.binaryType = 'arraybuffer';
      await eventOf(socket, 'open');
      socket.send(`text ${number}`);
      expect(await messageOf(socket)).toBe(`text ${number}`);
      socket.send(large);
      expect(sha(Buffer.from((await messageOf(socket)) as ArrayBuffer))).toBe(sha(large));
      socket.close(4_000 + number, 'over');
      expect(await eventOf(socket, 'close')).toMatchObject({ code: 4_000 + number });
    };
    await Promise.all(Array.from({ length: 20 }, (_, number) => one(number)));
  });

  it('stays open while its instance drains, and new requests go elsewhere', async () => {
    const old = await serve((_, response) => response.end('old'));
    old.onUpgrade(echoWebSocket);
    const next = await Instance.start('next');
    stops.push(() => next.kill());
    const socket = new WebSocket(url('ws'), { dispatcher: here });
    await eventOf(socket, 'open');
    await gateway.plane.apply(wantedOf({ web: [old.wanted({ state: 'drain' }), next.wanted()] }));
    expect((await ask({ port: gateway.port, host: 'web.localhost' })).body).toBe('next');
    socket.send('still here');
    expect(await messageOf(socket)).toBe('still here');
    expect(await gateway.plane.busy(['web'])).toEqual(['web']);
    socket.close();
    await eventOf(socket, 'close');
    await until('nothing to be in flight', async () => (await gateway.plane.busy(['web'])).length === 0);
  });
});

const eventOf = (from: WebSocket | EventSource, name: string): Promise<unknown> =>
  new Promise((resolve) =>
    (from as WebSocket).addEventListener(name, (event: unknown) => resolve(event), { once: true }),
  );
const messageOf = async (from: WebSocket | EventSource): Promise<unknown> =>
  ((await eventOf(from, 'message')) as { readonly data: unknown }).data;

describe('server-sent events', () => {
  it('come one by one, and go on with the last id after the instance was lost', async () => {
    const asked: IncomingMessage[] = [];
    const events: RequestListener = (incoming, response) => {
      asked.push(incoming);
      const from = Number(incoming.headers['last-event-id'] ?? 0);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(`retry: 50\nid: ${from + 1}\ndata: ${from + 1}\n\n`);
    };
    const first = await serve(events);
    const source = new EventSource(url('http'), { dispatcher: here });
    expect(await messageOf(source)).toBe('1');
    await first.kill();
    await serve(events);
    expect(await messageOf(source)).toBe('2');
    source.close();
  });
});

describe('slow clients', () => {
  it('that read a large answer in small parts get all of it, and hold nobody else up', async () => {
    const large = randomBytes(20_000_000);
    await serve(({ url: path }, response) => response.end(path === '/large' ? large : 'small'));
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('GET /large HTTP/1.1\r\nHost: web.localhost\r\nConnection: close\r\n\r\n');
    const parts: Buffer[] = [];
    for await (const part of socket) {
      parts.push(part as Buffer);
      if (parts.length > 20) continue;
      const begun = performance.now();
      expect((await ask({ port: gateway.port, host: 'web.localhost' })).body).toBe('small');
      expect(performance.now() - begun).toBeLessThan(10_000);
      await delay(10);
    }
    const all = Buffer.concat(parts);
    expect(sha(all.subarray(all.indexOf('\r\n\r\n') + 4))).toBe(sha(large));
  });

  it('that write their body in small parts are answered by what they wrote', async () => {
    await serve((incoming, response) => {
      const hash = createHash('sha256');
      incoming
        .on('data', (part: Buffer) => hash.update(part))
        .on('end', () => response.end(hash.digest('hex')));
    });
    const body = randomBytes(100_000);
    const sent = request({
      port: gateway.port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { host: 'web.localhost' },
    });
    for (let at = 0; at < body.length; at += 10_000) {
      sent.write(body.subarray(at, at + 10_000));
      await delay(10);
    }
    sent.end();
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(await textOf(response)).toBe(sha(body));
  });

  it('that go away are gone for the instance, too', async () => {
    const gone = Promise.withResolvers<void>();
    let isAnswering = false;
    await serve((_, response) => {
      response.write('first');
      response.on('close', () => gone.resolve());
      isAnswering = true;
    });
    const socket = connect(gateway.port, '127.0.0.1');
    socket.write('GET / HTTP/1.1\r\nHost: web.localhost\r\n\r\n');
    await once(socket, 'data');
    expect(isAnswering).toBe(true);
    socket.destroy();
    await gone.promise;
  });
});

async function textOf(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) text += String(part);
  return text;
}

/** An instance that answers each connection as it likes, and keeps to no protocol. */
async function serveRaw(answer: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    answer(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { readonly port: number };
  stops.push(async () => void server.close());
  const place = { name: 'raw', address: '127.0.0.1', port, weight: 100, state: 'ready' } as const;
  await gateway.plane.apply(wantedOf({ web: [place] }));
}

describe('an instance', () => {
  it('that refuses a large body before it has read it is heard', async () => {
    await serve((_, response) => {
      response.writeHead(413, { connection: 'close' }).end('too large');
    });
    for (let round = 0; round < 5; round += 1) {
      const sent = request({
        ...{ port: gateway.port, host: '127.0.0.1', method: 'POST', agent: false },
        headers: { host: 'web.localhost' },
      });
      const answered = once(sent, 'response').then(
        ([response]) => (response as IncomingMessage).resume().statusCode,
        // A client that writes on may lose the answer with its connection; one of ours would be wrong in any case.
        () => undefined,
      );
      sent.on('error', () => undefined);
      sent.end(Buffer.alloc(5_000_000));
      expect([413, undefined]).toContain(await answered);
    }
  });

  it('that breaks off in the middle of its answer is not taken for whole', async () => {
    for (const head of ['Content-Length: 100', 'Transfer-Encoding: chunked']) {
      await serveRaw((socket) => {
        socket.once('data', () => socket.end(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n5\r\nhello\r\n`));
      });
      await expect(ask({ port: gateway.port, host: 'web.localhost' })).rejects.toThrow('aborted');
    }
  });

  it('that answers in HTTP/1.0, without a length, is heard to its end', async () => {
    await serveRaw((socket) => {
      socket.once('data', () => socket.end('HTTP/1.0 200 OK\r\nX-Old: 1\r\n\r\nuntil the end'));
    });
    expect(await ask({ port: gateway.port, host: 'web.localhost' })).toMatchObject({
      ...{ status: 200, body: 'until the end', headers: { 'x-old': '1' } },
    });
  });

  it('may send early hints, and a client asks whether it should go on', async () => {
    await serve((incoming, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      incoming.resume().on('end', () => response.end('went on'));
    });
    const sent = request({
      ...{ port: gateway.port, host: '127.0.0.1', method: 'POST' },
      headers: { host: 'web.localhost', expect: '100-continue', 'content-length': '2' },
    });
    const hints = once(sent, 'information');
    sent.flushHeaders();
    await once(sent, 'continue');
    sent.end('ok');
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    expect(await textOf(response)).toBe('went on');
    await hints;
  });

  it('that ended a kept connection as a request came lost it: HAProxy keeps none for as long', async () => {
    // Servers end connections that nobody used for two seconds or more, and some of these ends meet a request.
    let reused = 0;
    await serveRaw((socket) => {
      let usedMs = performance.now();
      socket.on('data', () => {
        const idleMs = performance.now() - usedMs;
        usedMs = performance.now();
        if (idleMs > LEAST_IDLE_MS) return void socket.destroy();
        reused += 1;
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
      });
    });
    const agent = new HttpAgent({ keepAlive: true });
    const post = async (): Promise<number | undefined> => {
      const sent = request({
        ...{ port: gateway.port, host: '127.0.0.1', method: 'POST', agent },
        headers: { host: 'web.localhost' },
      });
      sent.end('x');
      const [response] = (await once(sent, 'response')) as [IncomingMessage];
      await textOf(response);
      return response.statusCode;
    };
    const clients = Array.from({ length: 20 }, async (_, number) => {
      const statuses: (number | undefined)[] = [];
      for (let round = 0; round < 3; round += 1) {
        statuses.push(await post(), await post());
        await delay(LEAST_IDLE_MS + 10 * number);
      }
      return statuses;
    });
    expect(new Set((await Promise.all(clients)).flat())).toEqual(new Set([200]));
    expect(reused).toBe(120);
    agent.destroy();
  });
});

/** Of the idle times of servers that are in use, those of gunicorn are the shortest: 2 s. */
const LEAST_IDLE_MS = 1_800;
