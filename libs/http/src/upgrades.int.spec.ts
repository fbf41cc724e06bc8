import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Secret } from '#libs/config';
import { ApiError, serveWebSockets } from './index.js';

const tokens = { admin: new Secret('the-token-that-changes'), read: new Secret('the-token-that-reads') };
const logged: object[] = [];
let server: Server;
beforeAll(async () => {
  server = createServer((_, response) => response.setHeader('connection', 'close').end('plain'));
  serveWebSockets(server, {
    tokens,
    routes: [
      { route: { path: '/changes', role: 'admin' }, accept: ({ socket }) => void socket.end('welcome') },
      {
        route: { path: '/full', role: 'read' },
        accept: () => {
          throw new ApiError({ status: 503, code: 'FULL', message: 'Full.', hint: 'Wait.' });
        },
      },
      {
        route: { path: '/broken', role: 'read' },
        accept: () => {
          throw new Error('a secret cause');
        },
      },
    ],
    logger: { error: (fields: object) => void logged.push(fields) },
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

/** All that comes back to such a call. */
async function called(path: string, token?: string, upgrade = 'websocket'): Promise<string> {
  const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
  const authorization = token === undefined ? [] : [`authorization: Bearer ${token}`];
  const lines = [
    `GET ${path} HTTP/1.1`,
    'host: x',
    'connection: upgrade',
    `upgrade: ${upgrade}`,
    ...authorization,
  ];
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  return text(socket);
}

it('a WebSocket is for callers with a token of its role', async () => {
  expect(await called('/changes?x=1', 'the-token-that-changes')).toBe('welcome');
  for (const [path, token, status, code] of [
    ['/changes', undefined, 401, 'TOKEN_MISSING'],
    ['/changes', 'another', 401, 'TOKEN_UNKNOWN'],
    ['/changes', 'the-token-that-reads', 403, 'ROLE_MISSING'],
    ['/other', 'the-token-that-changes', 404, 'ROUTE_UNKNOWN'],
    ['/full', 'the-token-that-reads', 503, 'FULL'],
  ] as const) {
    const answer = await called(path, token);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    const [head = '', body = ''] = answer.split('\r\n\r\n');
    expect(head).toContain(`content-length: ${Buffer.byteLength(body)}`);
    expect(JSON.parse(body)).toMatchObject({ code, hint: expect.stringMatching(/./) as string });
  }
});

it('a client that would like HTTP/2 was refused: it is answered as without that wish', async () => {
  const answer = await called('/plain', undefined, 'h2c');
  expect(answer).toContain('200 OK');
  expect(answer).toContain('plain');
});

it('what was not foreseen is logged whole, and answered without its insides', async () => {
  const answer = await called('/broken', 'the-token-that-reads');
  expect(answer).toContain('500 Internal Server Error');
  expect(answer).not.toContain('secret');
  expect(logged).toEqual([{ err: expect.any(Error) as Error }]);
});

it('a client that resets its connection while it asks ends nothing', async () => {
  for (let n = 0; n < 20; n += 1) {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    socket.write('GET /changes HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
    socket.resetAndDestroy();
    await once(socket, 'close');
  }
  expect(await called('/changes', 'the-token-that-changes')).toBe('welcome');
});
