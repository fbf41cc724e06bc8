import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { Api } from './api.js';
import { watchRegistry, type WatchEvent } from './watch.js';

/** A node manager that answers each call as the test says. */
let server: Server;
let asked: string[] = [];
let answer: (response: ServerResponse, call: number) => void = () => undefined;
let api: Api;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push(String(request.url));
    answer(response, asked.length);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = { app: 'node manager', url, variable: 'SLIPWAY_API_URL', token: 'token' };
});
afterEach(() => {
  asked = [];
});
afterAll(() => server.close().closeAllConnections());

const event = (id: number, name: string, data: object): string =>
  `id: ${id}\nevent: ${name}\ndata: ${JSON.stringify({ revision: id, ...data })}\n\n`;
const SNAPSHOT = event(4, 'snapshot', { nodes: [], services: [], instances: [] });
const removal = (id: number): string => event(id, 'change', { kind: 'instance', name: `i-${id}` });

/** Follows until it has seen so many. */
async function follow(count: number) {
  const over = new AbortController();
  const seen: WatchEvent[] = [];
  let lost = 0;
  const onLost = (): void => void (lost += 1);
  for await (const one of watchRegistry(api, { appId: 'shop', signal: over.signal, onLost })) {
    seen.push(one);
    if (seen.length === count) over.abort();
  }
  return { revisions: seen.map(({ data }) => data.revision), lost };
}

it('goes on from the last revision when the node manager ends, and when it does not answer for a while', async () => {
  answer = (response, call) => {
    if (call === 1) response.end(SNAPSHOT + removal(5));
    // Cut off within an event, and then refused twice.
    if (call === 2)
      response.write(`${removal(6)}:\nid: 9\n\nid: 10\nevent: change\n`, () => response.destroy());
    if (call === 3 || call === 4) response.writeHead(503).end('{}');
    if (call === 5) response.write(`${removal(11)}event: of a newer version\ndata: {}\n\n${removal(12)}`);
  };
  expect(await follow(5)).toEqual({ revisions: [4, 5, 6, 11, 12], lost: 1 });
  const path = '/v1/watch?appId=shop';
  expect(asked).toEqual([path, ...[5, 9, 9, 9].map((revision) => `${path}&revision=${revision}`)]);
});

it('says at once what is wrong where it never began', async () => {
  answer = (response) => response.writeHead(401).end('{"code":"TOKEN_UNKNOWN","message":"no"}');
  await expect(follow(1)).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
  expect(asked).toHaveLength(1);
});

it('does not wait for a token that is not known any more', async () => {
  answer = (response, call) => {
    if (call === 1) response.end(SNAPSHOT);
    else response.writeHead(401).end('{"code":"TOKEN_UNKNOWN","message":"no"}');
  };
  await expect(follow(2)).rejects.toMatchObject({ code: 'TOKEN_UNKNOWN' });
});

it('ends at once when it is interrupted, with a stream that is silent', async () => {
  answer = (response) => void response.write(SNAPSHOT);
  const begun = performance.now();
  expect((await follow(1)).revisions).toEqual([4]);
  await until('the connection to be closed', async () => (await connections()) === 0);
  expect(performance.now() - begun).toBeLessThan(5_000);
});

const connections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
  );
