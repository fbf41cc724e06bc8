import { expect, it, vi } from 'vitest';
import { type OutsideSources, PolledFigures } from './outside-figures.js';
import { isAllowedServer } from './prometheus-servers.js';

const settled = () => new Promise(setImmediate);

function polled(
  sources: Partial<OutsideSources>,
  given: { servers?: readonly string[]; prometheus?: number } = {},
) {
  const clock = { now: 0 };
  const onMissing = vi.fn();
  const asked = { kafkaLag: vi.fn(sources.kafkaLag), prometheus: vi.fn(sources.prometheus) };
  const figures = new PolledFigures({
    ...{ sources: asked, servers: given.servers ?? ['http://prom:9090'], onMissing },
    most: { kafkaLag: 2, prometheus: given.prometheus ?? 2 },
    monotonicMs: () => clock.now,
  });
  return { figures, clock, onMissing, asked };
}

it('the author of a policy was not told why a figure is missing', async () => {
  const { figures, clock, onMissing } = polled({
    kafkaLag: () => Promise.reject(new Error('there is no topic orders')),
  });
  expect(figures.kafkaLag('g', 'orders')).toEqual({ missing: 'not answered yet' });
  await settled();
  expect(figures.kafkaLag('g', 'orders')).toEqual({ missing: 'there is no topic orders' });
  clock.now = 5_000;
  figures.kafkaLag('g', 'orders');
  await settled();
  // Said once, not each 5 s.
  expect(onMissing).toHaveBeenCalledTimes(1);
});

it('a figure stays for 20 s without an answer, and not for longer', async () => {
  let answer: Promise<number> = Promise.resolve(7);
  const { figures, clock } = polled({ prometheus: () => answer });
  figures.prometheus('http://prom:9090', 'up');
  await settled();
  answer = Promise.reject(new Error('away'));
  clock.now = 19_000;
  expect(figures.prometheus('http://prom:9090', 'up')).toEqual({ value: 7 });
  await settled();
  clock.now = 20_000;
  expect(figures.prometheus('http://prom:9090', 'up')).toEqual({ missing: 'away' });
});

it('a policy had any server asked that the load balancer can reach', () => {
  const { figures, asked } = polled({}, { servers: [] });
  expect(figures.prometheus('http://169.254.169.254', 'up')).toEqual({
    missing: 'http://169.254.169.254 is not one of LOAD_BALANCER_PROMETHEUS_SERVERS',
  });
  expect(asked.prometheus).not.toHaveBeenCalled();
});

it.each<[string, string, boolean]>([
  ['http://prom:9090', 'http://prom:9090', true],
  ['http://prom:9090/tenants/shop', 'http://prom:9090', true],
  ['http://prom:9090', 'http://prom:9091', false],
  ['https://prom:9090', 'http://prom:9090', false],
  ['https://prom/tenants/shop/', 'https://prom/tenants/shop', true],
  ['https://prom/tenants/shopping', 'https://prom/tenants/shop', false],
  ['https://prom/tenants/shop/../other', 'https://prom/tenants/shop', false],
  ['http://prom.evil:9090', 'http://prom', false],
  ['http://anything', '*', true],
])('a policy with %s under %s is asked: %s', (url, server, isAllowed) => {
  expect(isAllowedServer(url, ['http://other', server])).toBe(isAllowed);
});

it('policies with ever other queries had them all asked', async () => {
  const never = () => new Promise<number>(() => undefined);
  const { figures, asked, clock } = polled({ prometheus: never, kafkaLag: never });
  for (const query of ['a', 'b', 'c']) figures.prometheus('http://prom:9090', query);
  expect(asked.prometheus).toHaveBeenCalledTimes(2);
  expect(figures.prometheus('http://prom:9090', 'c')).toEqual({
    missing: 'this load balancer follows 2 such figures already',
  });
  // The lag of a group is counted by itself, and one that no policy names any more leaves its place.
  expect(figures.kafkaLag('g', 't')).toEqual({ missing: 'not answered yet' });
  clock.now = 61_000;
  expect(figures.prometheus('http://prom:9090', 'c')).toEqual({ missing: 'not answered yet' });
  await settled();
});

it('servers that do not answer had a question more open every second', () => {
  const { figures, asked, clock } = polled(
    { prometheus: () => new Promise(() => undefined) },
    { prometheus: 100 },
  );
  for (let round = 0; round < 3; round += 1, clock.now += 5_000)
    for (let query = 0; query < 40; query += 1) figures.prometheus('http://prom:9090', `q${query}`);
  expect(asked.prometheus).toHaveBeenCalledTimes(16);
});
