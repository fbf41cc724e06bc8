import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { BareFeed, FeedClient, instances, READ_TOKEN } from '../feed.testing.js';

const feeds: BareFeed[] = [];
const clients: FeedClient[] = [];
// Tests that wait for a time run beside one another.
afterAll(async () => {
  for (const client of clients.splice(0)) client.close();
  for (const feed of feeds.splice(0)) await feed.stop();
});

async function started(count = 0, mostGateways = 20): Promise<BareFeed> {
  const feed = await BareFeed.start(count, mostGateways);
  feeds.push(feed);
  return feed;
}
async function greeted(url: string, process: string): Promise<FeedClient> {
  const client = await FeedClient.greeted(url, process);
  clients.push(client);
  return client;
}
async function opened(url: string): Promise<FeedClient> {
  const client = await FeedClient.open(url);
  clients.push(client);
  return client;
}

describe('a gateway that takes little', () => {
  it('gets a snapshot instead of all that it missed', async () => {
    const feed = await started(100);
    const client = await greeted(feed.url, '1');
    client.socket.pause();
    const staying = setInterval(() => client.say({ type: 'renew' }), 1_000);
    // 40 MB: more than the kernel holds for a client that does not read.
    for (let n = 0; n < 40; n += 1) {
      feed.change(instances(`${'b'.repeat(400)}${n}-`, 2_000));
      await new Promise(setImmediate);
    }
    const heard = client.messages.length;
    client.socket.resume();
    await until('all of it', () => client.revision === feed.log.revision, { timeoutMs: 30_000 });
    clearInterval(staying);
    expect(client.messages.slice(heard).map(({ type }) => type)).toContain('snapshot');
    expect(client.entries.size).toBe(80_100);
  });

  it.concurrent('nothing at all costs bounded memory, and is cut off', async () => {
    const feed = await started(100_000);
    const socket = await rawSocket(feed.port);
    socket.write(textFrame('{"type":"hello","protocol":1,"gateway":"edge","process":"process-1"}'));
    socket.pause();
    const staying = setInterval(() => socket.write(textFrame('{"type":"renew"}')), 1_000);
    let most = 0;
    const isCut = (): boolean => {
      most = Math.max(most, feed.buffered);
      return feed.ends(1006) > 0;
    };
    await until('it to be cut off', isCut, { timeoutMs: 40_000 });
    clearInterval(staying);
    socket.destroy();
    // Of a snapshot of 18 MB.
    expect(most).toBeGreaterThan(100_000);
    expect(most).toBeLessThan(600_000);
  });

  it.concurrent('and says nothing is cut off within 15 s', async () => {
    const feed = await started();
    const client = await greeted(feed.url, '1');
    client.socket.pause();
    const begun = performance.now();
    await until('it to be cut off', () => feed.ends(1006) > 0, { timeoutMs: 20_000 });
    expect(performance.now() - begun).toBeLessThan(15_000);
  });
});

const UPGRADE = ['connection: Upgrade', 'upgrade: websocket', 'sec-websocket-version: 13'];
const KEY = 'sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==';
const AUTHORIZED = `authorization: Bearer ${READ_TOKEN}`;

async function rawSocket(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1' });
  socket.on('error', () => undefined);
  const lines = ['GET /v1/traffic/feed HTTP/1.1', 'host: x', ...UPGRADE, KEY, AUTHORIZED];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  expect(answer.toString()).toContain('101 Switching Protocols');
  return socket;
}

/** Masked by zeros. */
function textFrame(text: string, opcode = 1): Buffer {
  const payload = Buffer.from(text);
  const length =
    payload.length < 126 ? [0x80 | payload.length] : [0xfe, payload.length >> 8, payload.length & 255];
  return Buffer.concat([Buffer.from([0x80 | opcode, ...length, 0, 0, 0, 0]), payload]);
}

describe('a call that may not follow', () => {
  const call = async (port: number, path: string, headers: Readonly<Record<string, string>>) => {
    const asked = request({ port, host: '127.0.0.1', path, headers: { connection: 'Upgrade', ...headers } });
    asked.end();
    const [response] = (await once(asked, 'response')) as [{ statusCode: number } & AsyncIterable<Buffer>];
    const parts: Buffer[] = [];
    for await (const part of response) parts.push(part);
    return { status: response.statusCode, body: JSON.parse(Buffer.concat(parts).toString()) as object };
  };
  const socket = { upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': KEY.slice(19) };
  const token = { authorization: `Bearer ${READ_TOKEN}` };

  it.each([
    ['no token', '/v1/traffic/feed', socket, 401, 'TOKEN_MISSING'],
    ['another token', '/v1/traffic/feed', { ...socket, authorization: 'Bearer x' }, 401, 'TOKEN_UNKNOWN'],
    ['another route', '/v1/other', { ...socket, ...token }, 404, 'ROUTE_UNKNOWN'],
    [
      'another version',
      '/v1/traffic/feed',
      { ...socket, ...token, 'sec-websocket-version': '99' },
      400,
      'REQUEST_INVALID',
    ],
    ['no key', '/v1/traffic/feed', { ...token, upgrade: 'websocket' }, 400, 'REQUEST_INVALID'],
  ] as const)('by %s is answered in HTTP', async (_, path, headers, status, code) => {
    const { port } = await started();
    const answer = await call(port, path, headers as Readonly<Record<string, string>>);
    expect(answer).toMatchObject({ status, body: { code, hint: expect.stringMatching(/./) as string } });
    expect(JSON.stringify(answer.body)).not.toContain(READ_TOKEN);
  });

  it('because there are as many as may is answered with 503, and may once one has gone', async () => {
    const feed = await started(0, 1);
    const client = await greeted(feed.url, '1');
    expect(await call(feed.port, '/v1/traffic/feed', { ...socket, ...token })).toMatchObject({
      ...{ status: 503, body: { code: 'FEED_BUSY' } },
    });
    client.close();
    await until('it to have gone', () => feed.server.size === 0);
    await greeted(feed.url, '2');
  });
});

describe('whatever a client sends', () => {
  /** It still serves, and nothing of the hostile ones is left. */
  async function serves(feed: BareFeed): Promise<void> {
    const client = await greeted(feed.url, 'well');
    client.close();
    await until('all to have gone', () => feed.server.size === 0, {
      timeoutMs: 15_000,
    });
  }

  it('the process goes on: random bytes, giant and broken frames', async () => {
    const feed = await started();
    const frames: readonly Buffer[] = [
      Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]),
      Buffer.from([0x81, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]),
      Buffer.from([0x81, 0x05, 1, 2, 3, 4, 5]),
      Buffer.from([0xff, 0x80, 0, 0, 0, 0]),
      Buffer.from([0x89, 0xfe, 0x10, 0, 0, 0, 0, 0]),
      Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28]),
      Buffer.from([0x88, 0x81, 0, 0, 0, 0, 1]),
      textFrame('{}', 2),
      textFrame('{"type":"hello"', 0),
      textFrame(`{"type":"hello","protocol":1,"gateway":"${'x'.repeat(500)}","process":"process-1"}`),
      ...Array.from({ length: 40 }, (_, n) =>
        Buffer.from(Array.from({ length: 64 }, (__, at) => (n * 67 + at * at * 31) & 255)),
      ),
    ];
    for (const frame of frames) {
      const socket = await rawSocket(feed.port);
      socket.write(frame);
      socket.end();
      socket.resume();
      await once(socket, 'close');
    }
    await serves(feed);
  });

  it('a message that is too large, and one that never ends, end the connection', async () => {
    const feed = await started();
    const large = await opened(feed.url);
    large.say(JSON.stringify({ type: 'x', text: 'x'.repeat(2 * 1024 * 1024) }));
    expect(await large.untilClosed()).toBe(1009);
    const endless = await rawSocket(feed.port);
    endless.resume();
    const part = Buffer.concat([
      Buffer.from([0x01, 0xfe, 0xff, 0xff, 0, 0, 0, 0]),
      Buffer.alloc(65_535, 'x'),
    ]);
    endless.write(part);
    part[0] = 0;
    const writing = setInterval(() => endless.write(part), 1);
    await once(endless, 'close');
    clearInterval(writing);
    await serves(feed);
  });

  it('one that never says hello is sent away', async () => {
    const feed = await started();
    const silent = await opened(feed.url);
    expect(await silent.untilClosed()).toBe(4408);
  });

  it('messages of any shape and order end a connection at most', async () => {
    const feed = await started();
    const word = fc.constantFrom('hello', 'applied', 'renew', 'bye', 'welcome', 'snapshot', 'x');
    const message = fc.oneof(
      fc.json(),
      fc
        .record(
          {
            type: fc.oneof(word, fc.jsonValue()),
            protocol: fc.oneof(fc.constant(1), fc.jsonValue()),
            gateway: fc.oneof(fc.constant('edge'), fc.jsonValue()),
            process: fc.oneof(fc.constant('process-1'), fc.jsonValue()),
            resume: fc.oneof(fc.nat(), fc.jsonValue()),
            revision: fc.oneof(fc.nat(), fc.jsonValue()),
            busy: fc.oneof(fc.array(fc.string()), fc.jsonValue()),
          },
          { requiredKeys: ['type'] },
        )
        .map((value) => JSON.stringify(value)),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 6 }), async (texts) => {
        const client = await FeedClient.open(feed.url);
        for (const text of texts) client.say(text);
        client.socket.close();
        await client.untilClosed();
      }),
      { numRuns: 60 },
    );
    await serves(feed);
  });
});
