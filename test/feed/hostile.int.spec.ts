import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterAll, expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { until } from '#libs/testing';
import { BareFeed } from '../../apps/load-balancer/src/traffic-feed/feed.testing.js';
import { follow, stops } from './follow.js';

// The tests run beside one another.
afterAll(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

/** What speaks like a load balancer up to a point. */
async function impostor(speak: (socket: WebSocket) => void): Promise<string> {
  const http = createServer();
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket) => {
    socket.on('error', () => undefined);
    socket.once('message', () => speak(socket));
  });
  return listening(http);
}

async function listening(http: ReturnType<typeof createServer>): Promise<string> {
  const sockets = new Set<Socket>();
  http.on('connection', (socket) => sockets.add(socket));
  await once(http.listen(0, '127.0.0.1'), 'listening');
  stops.push(async () => {
    sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => http.close(resolve));
  });
  return `ws://127.0.0.1:${(http.address() as AddressInfo).port}`;
}

const WELCOME = JSON.stringify({ type: 'welcome', protocol: 1, replica: 'lb', leaseMs: 5_000 });
const piece = (more: object): string =>
  JSON.stringify({ type: 'snapshot', revision: 7, piece: 1, pieces: 1, entries: [], ...more });

const says = [
  ['no JSON', ['{'], 'not valid JSON'],
  ['bytes', [Buffer.from([0, 255, 254])], 'not valid JSON'],
  ['another protocol', [WELCOME.replace('1', '2')], 'protocol 1'],
  ['a snapshot without a welcome', [piece({})], 'expected welcome'],
  ['a piece that is missing', [WELCOME, piece({ piece: 2, pieces: 2 })], 'piece'],
  [
    'changes that are missing',
    [WELCOME, piece({}), '{"type":"changes","from":9,"revision":9,"entries":[]}'],
    'missing',
  ],
  [
    'a wrong entry',
    [WELCOME, piece({ entries: [{ kind: 'instance', name: 'a', instance: { port: 0 } }] })],
    'entries[0]',
  ],
  ['too many entries', [WELCOME, piece({ entries: Array(1_001).fill({ kind: 'x', name: 'x' }) })], '1000'],
  ['too much', ['x'.repeat(5 * 1024 * 1024)], 'Max payload'],
] as const;

it.concurrent.each(says)(
  'a gateway that hears %s goes on at another load balancer',
  async (_, messages, why) => {
    const url = await impostor((socket) => messages.forEach((message) => socket.send(message)));
    const { seen, lost } = await follow([url, (await good()).url]);
    await until('the other one', () => seen.size === 3, { timeoutMs: 20_000 });
    expect(lost[0]).toContain(why);
  },
);

it.concurrent.each([
  ['an error of HTTP', 500, '500'],
  ['a redirection', 302, '302'],
  ['what is no WebSocket', 200, '200'],
] as const)('%s is no load balancer: another one is followed', async (_, status, why) => {
  const url = await listening(
    createServer((__, answer) => answer.writeHead(status, { location: 'http://x' }).end()),
  );
  const { seen, lost } = await follow([url, (await good()).url]);
  await until('the other one', () => seen.size === 3, { timeoutMs: 20_000 });
  expect(lost[0]).toContain(why);
});

it.concurrent(
  'a load balancer that has hung is left within 15 s, and what it said is carried on',
  async () => {
    const url = await impostor((socket) => [WELCOME, piece({})].forEach((message) => socket.send(message)));
    const begun = performance.now();
    const { seen, lost, snapshots } = await follow([url, (await good()).url]);
    await until('the first one', () => snapshots() === 1);
    await until('it to be left', () => lost[0], { timeoutMs: 20_000 });
    expect(performance.now() - begun).toBeLessThan(15_000);
    expect(lost).toEqual(['the load balancer is silent']);
    await until('the other one', () => seen.size === 3);
  },
);

async function good(): Promise<BareFeed> {
  const feed = await BareFeed.start(3);
  stops.push(() => feed.stop());
  return feed;
}
