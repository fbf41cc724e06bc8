import { mkdtemp, rm } from 'node:fs/promises';
import http from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ANSWER_MS, CHANGE_MS } from './answered.js';
import { connectEngine } from './connect-engine.js';
import type { Engine } from './engine.js';

/** A server that takes every call and answers none, as an engine that hangs. */
const server = http.createServer();
let folder: string;
let engine: Engine;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const socketPath = join(folder, 'docker.sock');
  server.listen(socketPath);
  await once(server, 'listening');
  engine = connectEngine({ socketPath });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(async () => {
  vi.useRealTimers();
  await engine.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

/** What the call comes to once the limit has passed, and that its connection has gone then. */
async function afterItsLimit(call: Promise<unknown>, limitMs: number): Promise<unknown> {
  const outcome = call.catch((error: unknown) => error);
  const [request] = (await once(server, 'request')) as [http.IncomingMessage];
  const gone = once(request.socket, 'close');
  await vi.advanceTimersByTimeAsync(limitMs);
  await gone;
  return outcome;
}

const UNANSWERED = { code: 'ENGINE_UNREACHABLE', kind: 'retriable' };

it.each<[string, (engine: Engine) => Promise<unknown>]>([
  ['a ping', (engine) => engine.ping()],
  ['a look at a container', (engine) => engine.inspect('web')],
  ['a list', (engine) => engine.list({ labels: {} })],
  ['a list of images', (engine) => engine.listImages({ labels: {} })],
  ['the log', (engine) => engine.logs('web', { tail: 1 })],
  ['the log that is followed', (engine) => engine.followLogs('web', { tail: 1 })],
])('an engine that hung held whoever asked it for %s for ever', async (_, ask) => {
  const outcome = await afterItsLimit(ask(engine), ANSWER_MS);
  expect(outcome).toMatchObject(UNANSWERED);
  expect((outcome as Error).message).toContain('does not answer within 20 s');
});

it.each<[string, (engine: Engine) => Promise<unknown>]>([
  ['to start a container', (engine) => engine.start('web')],
  ['to remove one', (engine) => engine.remove('web')],
  ['to remove an image', (engine) => engine.removeImage('web')],
])('an engine that hung held whoever asked it %s for ever', async (_, ask) => {
  expect(await afterItsLimit(ask(engine), CHANGE_MS)).toMatchObject(UNANSWERED);
});

it('an answer in time ends the limit: a log that is followed goes on after it', async () => {
  server.once('request', (_, response) => {
    response.writeHead(200);
    response.flushHeaders();
    setTimeout(() => response.end(Buffer.from([1, 0, 0, 0, 0, 0, 0, 3, 104, 105, 10])), ANSWER_MS + 1);
  });
  const log = await engine.followLogs('web', { tail: 1 });
  const chunks: Buffer[] = [];
  log.on('data', (chunk: Buffer) => chunks.push(chunk));
  const end = once(log, 'end');
  await vi.advanceTimersByTimeAsync(ANSWER_MS + 1);
  await end;
  expect(Buffer.concat(chunks).toString()).toBe('hi\n');
});
