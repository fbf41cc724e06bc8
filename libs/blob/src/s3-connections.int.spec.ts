import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { LateBlobStore } from './late-blob-store.js';
import { openS3 } from './s3-store.js';

let server: Server;
const environment = { ...process.env };
beforeAll(() => {
  process.env['AWS_ACCESS_KEY_ID'] = 'somebody';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'hunter2';
});
afterEach(() => {
  server.closeAllConnections();
  server.close();
});
afterAll(() => (process.env = environment));

/** A bucket on a server that answers like this. */
async function bucketOf(answer: RequestListener, silentMs?: number): Promise<LateBlobStore> {
  server = createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return new LateBlobStore('services', () => Promise.resolve(openS3({ url, region: 'r', silentMs })));
}

const connections = (): Promise<number> =>
  new Promise((resolve, reject) =>
    server.getConnections((error, count) => (error === null ? resolve(count) : reject(error))),
  );

it('a blob that nobody reads kept its connection for ever', async () => {
  const bytes = 10_000_000;
  const bucket = await bucketOf((_, response) => {
    response.writeHead(200, { 'content-length': bytes, etag: 'x' }).write(Buffer.alloc(bytes / 2));
  });
  const { stream } = await bucket.open('web.zip');
  expect(await connections()).toBe(1);
  stream.destroy();
  await until('the connection to end', async () => (await connections()) === 0);
});

it('a storage that takes the connection and does not answer was waited for, for ever', async () => {
  let asked = 0;
  const bucket = await bucketOf(() => void (asked += 1), 100);
  await expect(bucket.exists('web.zip')).rejects.toMatchObject({
    code: 'BLOB_UNAVAILABLE',
    message: 'Blob storage refused services/web.zip: TimeoutError.',
  });
  expect(asked).toBe(4);
});

it('a connection that breaks within a blob is made again, for the rest of it', async () => {
  const ranges: unknown[] = [];
  const bucket = await bucketOf((request, response) => {
    ranges.push(request.headers.range);
    if (request.headers.range === 'bytes=2-') return void response.writeHead(206, { etag: 'x' }).end('cd');
    response.writeHead(200, { 'content-length': 4, etag: 'x' });
    response.write('ab', () => setImmediate(() => response.destroy()));
  });
  const { stream } = await bucket.open('web.zip');
  expect(Buffer.concat(await stream.toArray()).toString()).toBe('abcd');
  expect(ranges).toEqual([undefined, 'bytes=2-']);
});
