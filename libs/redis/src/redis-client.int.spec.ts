import { afterEach, beforeEach, expect, it } from 'vitest';
import { requireEnv, TcpLine, uniqueName, until } from '#libs/testing';
import { RedisClient } from './redis-client.js';

const target = new URL(requireEnv('REDIS_URL'));
const TIMEOUT_MS = 300;

let line: TcpLine;
let client: RedisClient;
let said: string[];
beforeEach(async () => {
  line = new TcpLine({ host: target.hostname, port: Number(target.port || 6379) });
  await line.mend();
  said = [];
  client = clientOf({ prefix: `${uniqueName('redis')}:` });
});
afterEach(async () => {
  client.close();
  await line.cut();
});

function clientOf({ prefix }: { readonly prefix: string }): RedisClient {
  const logger = {
    info: (_: object, message: string) => void said.push(message),
    warn: (_: object, message: string) => void said.push(message),
  };
  return new RedisClient({ url: `redis://127.0.0.1:${line.port}`, prefix, logger, timeoutMs: TIMEOUT_MS });
}

const isBack = async (): Promise<boolean> => (await client.send([['PING']])) !== undefined;

it('connects with the first commands, and answers them in their order', async () => {
  expect(client.isHere).toBe(false);
  const answers = await client.send([
    ['SET', 'a', '1', 'PX', 5_000],
    ['MGET', 'a', 'b'],
  ]);
  expect(answers).toEqual(['OK', ['1', null]]);
  expect(client.isHere).toBe(true);
  expect(said).toEqual([]);
});

it('keeps keys under its prefix, so that installations share a server', async () => {
  const other = clientOf({ prefix: `${uniqueName('redis')}:` });
  await client.send([['SET', 'a', '1', 'PX', 5_000]]);
  expect(await other.send([['GET', 'a']])).toEqual([null]);
  other.close();
});

it('an outage is logged once and so is its end; nothing throws, and nothing is kept for later', async () => {
  await client.send([['PING']]);
  await line.cut();
  await until('the loss to be seen', () => Promise.resolve(!client.isHere));
  for (let n = 0; n < 3; n += 1) expect(await client.send([['SET', 'late', n]])).toBeUndefined();
  await line.mend();
  await until('Redis to be back', isBack);
  expect(await client.send([['GET', 'late']])).toEqual([null]);
  expect(said).toEqual([
    'Redis cannot be used; what it held is rebuilt when it can',
    'Redis can be used again',
  ]);
});

it('a server that was never there is found when it comes', async () => {
  await line.cut();
  expect(await client.send([['PING']])).toBeUndefined();
  await line.mend();
  await until('Redis to be found', isBack);
  expect(said).toHaveLength(2);
});

it('a server that hangs costs no more than the timeout', async () => {
  await client.send([['PING']]);
  line.hangs = true;
  const begunMs = performance.now();
  expect(await client.send([['PING']])).toBeUndefined();
  expect(performance.now() - begunMs).toBeLessThan(TIMEOUT_MS * 4);
  line.hangs = false;
  await until('Redis to be back', isBack);
});

it('a command that Redis refuses is no answer', async () => {
  expect(
    await client.send([
      ['SET', 'a', 'text'],
      ['INCR', 'a'],
    ]),
  ).toBeUndefined();
});

it('answers nothing, and says nothing, after its end', async () => {
  client.close();
  expect(await client.send([['PING']])).toBeUndefined();
  expect(said).toEqual([]);
});
