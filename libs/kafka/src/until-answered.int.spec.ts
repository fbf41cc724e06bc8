import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { requireEnv } from '#libs/testing';
import { untilAnswered } from './until-answered.js';

const broker = requireEnv('KAFKA_BROKERS');

async function msUntilRefused(brokers: readonly string[]): Promise<{ ms: number; error: AggregateError }> {
  const begun = performance.now();
  const error: unknown = await untilAnswered({ brokers }, 500).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(AggregateError);
  return { ms: performance.now() - begun, error: error as AggregateError };
}

it('one broker that answers is enough', async () => {
  await expect(untilAnswered({ brokers: ['127.0.0.1:1', broker] }, 500)).resolves.toBeUndefined();
});

it('names each broker that refuses, soon', async () => {
  const { ms, error } = await msUntilRefused(['127.0.0.1:1']);
  expect(ms).toBeLessThan(2_000);
  expect(String(error.errors[0])).toMatch(/127\.0\.0\.1:1: .*ECONNREFUSED/);
});

it('does not wait long for one that takes the connection and says nothing', async () => {
  const silent = createServer().listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const { ms } = await msUntilRefused([`127.0.0.1:${port}`]);
  expect(ms).toBeLessThan(3_000);
  silent.close();
});
