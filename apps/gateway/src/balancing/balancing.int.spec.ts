import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { until } from '#libs/testing';
import { wantedOf } from '../data-plane/domain/wanted.testing.js';
import { type Instance, Stream } from '../data-plane/haproxy.testing.js';
import { startInstance, startPlane } from '../data-plane/plane.testing.js';
import { createBalancing } from './wire.js';

const SOON = { timeoutMs: 20_000 };
/** A silence of 8 usual answers is one: on a busy machine, these are long. */
const LATER = { timeoutMs: 45_000 };

/** What an instance does from now on. */
class Fickle {
  does: 'answer' | 'stall' | 'fail' = 'answer';
  readonly held: ServerResponse[] = [];

  private constructor(readonly instance: Instance) {}

  static async start(name: string, ms = 2): Promise<Fickle> {
    const listener = (_: IncomingMessage, response: ServerResponse): void => fickle.take(response, ms);
    const fickle: Fickle = new Fickle(await startInstance(name, listener));
    return fickle;
  }

  private take(response: ServerResponse, ms: number): void {
    if (this.does === 'fail') response.writeHead(500).end('broken');
    else if (this.does === 'stall') this.held.push(response);
    else void delay(ms).then(() => response.end(this.instance.name));
  }
}

async function balancing(env: Readonly<Record<string, string>> = {}) {
  const under = await startPlane(env);
  const { plane, port, config, metrics } = under;
  const lines: { readonly details: object; readonly words: string }[] = [];
  const log = (details: object, words: string): void => void lines.push({ details, words });
  const logger = Object.assign(Object.create(under.logger) as typeof under.logger, { info: log, warn: log });
  const balanced = createBalancing({ runtime: { logger, metrics }, plane, config });
  balanced.start();
  onTestFinished(() => balanced.stop());
  const instances = () => balanced.current().get('shop/web')?.instances ?? [];
  const one = (name: string) => instances().find((each) => each.name === name);
  return { balanced, lines, one, metrics, port };
}

const wantedIn = (all: readonly Fickle[]) => ({
  services: [
    { id: 'shop/web', profile: 'least' as const, servers: all.map(({ instance }) => instance.wanted()) },
  ],
  routes: [{ host: 'web.localhost', path: '/', service: 'shop/web' }],
});

it('an instance that stalls: its weight falls, its requests are answered by others, and it comes back', async () => {
  // So slow that each of them always has some in flight.
  const all = await Promise.all(['a', 'b', 'c', 'd'].map((name) => Fickle.start(name, 50)));
  const [a] = all as [Fickle];
  const { balanced, one, lines, port } = await balancing({ GATEWAY_EJECT_MS: '1000' });
  await balanced.plane.apply(wantedIn(all));
  const stream = new Stream({ port, host: 'web.localhost' }, 24);
  await stream.on(400);
  a.does = 'stall';
  const begun = performance.now();
  await until(
    'its weight to fall',
    () => (one('a')?.weight ?? 100) <= 50 || one('a')?.standing.kind === 'ejected',
  );
  const loweredMs = performance.now() - begun;
  await until('it to be taken out', () => one('a')?.standing.kind === 'ejected', LATER);
  const ejectedMs = performance.now() - begun;
  console.log(`a stall: lower after ${loweredMs.toFixed(0)} ms, out after ${ejectedMs.toFixed(0)} ms`);
  // How fast it is on an idle machine, `bench:gateway` says.
  await until(
    'its requests to be left by their clients',
    () => a.held.every(({ destroyed }) => destroyed),
    SOON,
  );
  // On trial it stalls again, for one request; and then no more.
  await until('a second ejection', () => (one('a')?.ejections.count ?? 0) >= 2, SOON);
  a.does = 'answer';
  await until('it to serve again', () => one('a')?.standing.kind === 'ready', SOON);
  const before = stream.answers.get('a') ?? 0;
  await until('it to answer', () => (stream.answers.get('a') ?? 0) > before + 10, SOON);
  await stream.stop();
  expect(stream.failures).toEqual([]);
  expect(lines.map(({ words }) => words)).toContainEqual(
    expect.stringMatching(/^an instance gets no requests for 1 s: .* and it has answered none for/),
  );
}, 120_000);

it('an instance that stalled while it weighed little kept one request for ever: it is taken out, too', async () => {
  // While the others are idle, none but the first request goes to it.
  const all = [await Fickle.start('a', 100), await Fickle.start('b', 100)];
  const { balanced, one, port } = await balancing({ GATEWAY_SLOW_START_MS: '600000' });
  await balanced.plane.apply(wantedIn(all));
  const stream = new Stream({ port, host: 'web.localhost' }, 12);
  await stream.on(50);
  // It is new beside the others, and so has a tenth of their weight.
  const young = await Fickle.start('new');
  young.does = 'stall';
  await balanced.plane.apply(wantedIn([...all, young]));
  await until('it to be taken out', () => one('new')?.standing.kind === 'ejected', LATER);
  await until('its clients to have left it', () => young.held.every(({ destroyed }) => destroyed), SOON);
  expect(young.held.length).toBeGreaterThan(1);
  await stream.stop();
  expect(stream.failures).toEqual([]);
}, 120_000);

it('an instance that fails at once looks idle: clients see none of it, and it is taken out', async () => {
  const all = await Promise.all(['a', 'b', 'c', 'd'].map((name) => Fickle.start(name)));
  const [a] = all as [Fickle];
  const { balanced, one, metrics, port } = await balancing({ GATEWAY_EJECT_MS: '1000' });
  await balanced.plane.apply(wantedIn(all));
  const stream = new Stream({ port, host: 'web.localhost' }, 8);
  await stream.on(100);
  a.does = 'fail';
  const begun = performance.now();
  await until('it to be taken out', () => one('a')?.standing.kind === 'ejected', SOON);
  console.log(`failing at once: out after ${(performance.now() - begun).toFixed(0)} ms`);
  const text = await metrics.registry.metrics();
  expect(text).toMatch(/slipway_gateway_ejections_total\{[^}]*fault="failing"[^}]*\} 1/);
  expect(text).toMatch(/slipway_gateway_instance_weight\{[^}]*instance="a"[^}]*\} 0/);
  a.does = 'answer';
  await until('it to serve again', () => one('a')?.standing.kind === 'ready', SOON);
  await stream.stop();
  expect(stream.failures).toEqual([]);
});

it('an application that answers 500 everywhere is left as it is, and each request comes once before long', async () => {
  const all = await Promise.all(['a', 'b', 'c'].map((name) => Fickle.start(name)));
  const { balanced, lines, port } = await balancing();
  await balanced.plane.apply(wantedIn(all));
  for (const one of all) one.does = 'fail';
  const stream = new Stream({ port, host: 'web.localhost' }, 4);
  await until(
    'retries to end',
    () => lines.some(({ words }) => words.startsWith('most instances of a service fail')),
    SOON,
  );
  await delay(0);
  const seen = (): number => all.reduce((sum, { instance }) => sum + instance.seen.length, 0);
  const [before, asked] = [seen(), stream.failures.length];
  await until('more requests', () => stream.failures.length > asked + 80, SOON);
  expect(seen() - before).toBeLessThan(1.1 * (stream.failures.length - asked) + 20);
  expect(lines.filter(({ words }) => words.includes('gets no requests'))).toEqual([]);
  for (const one of all) one.does = 'answer';
  await stream.stop();
});

it('a slow instance gets a smaller share than the others, and a new one its share step by step', async () => {
  const all = [await Fickle.start('a'), await Fickle.start('b'), await Fickle.start('slow', 250)];
  const { balanced, one, port } = await balancing({ GATEWAY_SLOW_START_MS: '3000' });
  await balanced.plane.apply(wantedIn(all));
  const stream = new Stream({ port, host: 'web.localhost' }, 16);
  await until('the slow one to weigh less', () => (one('slow')?.weight ?? 100) < 50, SOON);
  const more = await Fickle.start('new');
  await balanced.plane.apply(wantedIn([...all, more]));
  expect(one('new')?.weight).toBeLessThan(30);
  await until('the new one to have its share', () => (one('new')?.weight ?? 0) > 70, SOON);
  await stream.stop();
  expect(stream.failures).toEqual([]);
});

it('a HAProxy that is reloaded makes no instance look worse', async () => {
  const all = await Promise.all(['a', 'b'].map((name) => Fickle.start(name)));
  const { balanced, one, lines, port } = await balancing();
  await balanced.plane.apply(wantedIn(all));
  const stream = new Stream({ port, host: 'web.localhost' }, 4);
  await stream.on(50);
  const others = wantedOf(
    Object.fromEntries(['x', 'y', 'z'].map((id) => [id, [all[0]?.instance.wanted({ name: id })]])) as never,
  );
  const wanted = wantedIn(all);
  await balanced.plane.apply({
    services: [...wanted.services, ...others.services],
    routes: [...wanted.routes, ...others.routes],
  });
  await until('two looks', () => (one('a')?.watched.ended ?? 0) > 20 && stream.count > 100, SOON);
  expect([one('a')?.weight, one('b')?.weight].every((weight) => (weight ?? 0) > 60)).toBe(true);
  expect(one('a')?.watched.requestsPerSecond).toBeGreaterThan(0);
  await stream.stop();
  expect(stream.failures).toEqual([]);
  expect(lines).toEqual([]);
});
