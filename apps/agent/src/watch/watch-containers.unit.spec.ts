import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Containers } from './domain/containers.js';
import { ContainerWatch } from './watch-containers.js';
import { FakeEngine, idOf, inspected } from './watch.testing.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const settled = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

function watchUnderTest() {
  const engine = new FakeEngine();
  const errors: unknown[] = [];
  let known: Containers = new Map();
  const watch = new ContainerWatch({
    engine,
    onChange: (containers) => (known = containers),
    onError: (error) => errors.push(error),
    pause: (ms, signal) =>
      new Promise((resolve) => {
        setTimeout(resolve, ms);
        signal.addEventListener('abort', () => resolve());
      }),
  });
  const names = (): readonly string[] => [...known.values()].map(({ name }) => name).toSorted();
  const start = (letter: string, pid = 40): void => {
    engine.containers.set(idOf(letter), inspected(letter, { pid }));
    engine.emit(letter, 'start');
  };
  return { engine, errors, watch, names, start, known: () => known };
}

it('knows what runs at first, and then what events tell of, without another list', async () => {
  const { engine, watch, names, start } = watchUnderTest();
  engine.containers.set(idOf('a'), inspected('a'));
  watch.start();
  await settled();
  expect([names(), watch.isUp, watch.about?.images]).toEqual([['shop-web-a'], true, 3]);
  start('b');
  await settled();
  engine.containers.delete(idOf('a'));
  engine.emit('a', 'die');
  await settled();
  expect(names()).toEqual(['shop-web-b']);
  expect(engine.asked).toEqual(['running', 'inspect a', 'inspect b']);
  watch.stop();
});

it('one that is started again has another process', async () => {
  const { engine, watch, start, known } = watchUnderTest();
  start('a');
  watch.start();
  await settled();
  engine.emit('a', 'die');
  start('a', 41);
  await settled();
  expect(known().get(idOf('a'))?.pid).toBe(41);
  watch.stop();
});

it('one that ended while it was asked for is not taken for one that runs', async () => {
  const { engine, watch, names, start } = watchUnderTest();
  watch.start();
  await settled();
  let open = (): void => undefined;
  engine.gate = new Promise((resolve) => (open = resolve));
  start('a');
  await settled();
  engine.emit('a', 'die');
  engine.containers.delete(idOf('a'));
  await settled();
  open();
  await settled();
  expect(names()).toEqual([]);
  watch.stop();
});

it('a list each minute finds what no event told of', async () => {
  const { engine, watch, names } = watchUnderTest();
  watch.start();
  await settled();
  engine.containers.set(idOf('a'), inspected('a'));
  await settled(60_000);
  expect(names()).toEqual(['shop-web-a']);
  engine.containers.delete(idOf('a'));
  await settled(60_000);
  expect(names()).toEqual([]);
  watch.stop();
});

it('a list that was asked for on a line that was cut since counted as the state of the next line', async () => {
  const { engine, watch, names, start } = watchUnderTest();
  let answer = (_: readonly string[]): void => undefined;
  engine.running = () => new Promise((resolve) => (answer = resolve));
  start('a');
  watch.start();
  await settled();
  engine.isAway = true;
  engine.cut();
  await settled(100);
  answer([idOf('a')]);
  await settled(100);
  expect([watch.isUp, names()]).toEqual([false, []]);
  watch.stop();
});

it('one whose inspection failed once was unknown until the next whole list', async () => {
  const { engine, errors, watch, names, start } = watchUnderTest();
  watch.start();
  await settled();
  const inspect = engine.inspect.bind(engine);
  engine.inspect = () => Promise.reject(new Error('the engine is busy'));
  start('a');
  await settled(3_000);
  expect([names(), errors.length]).toEqual([[], 1]);
  engine.inspect = inspect;
  await settled(1_000);
  expect([names(), errors.length, watch.isUp]).toEqual([['shop-web-a'], 1, true]);
  watch.stop();
});

it('after its line was cut it listens anew and asks for all, said once for as long as the engine is away', async () => {
  const { engine, errors, watch, names, start, known } = watchUnderTest();
  start('a');
  watch.start();
  await settled();
  engine.isAway = true;
  engine.cut();
  await settled(5_000);
  expect([watch.isUp, errors.length]).toEqual([false, 1]);
  engine.containers.set(idOf('a'), inspected('a', { pid: 99 }));
  engine.isAway = false;
  await settled(1_000);
  expect([watch.isUp, names(), known().get(idOf('a'))?.pid]).toEqual([true, ['shop-web-a'], 99]);
  watch.stop();
});

it('the layers of images are known once the engine told them, and no node has to wait for that to be watched', async () => {
  const { engine, errors, watch } = watchUnderTest();
  const asked = Promise.withResolvers<string | undefined>();
  engine.layers = () => asked.promise;
  watch.start();
  await settled();
  expect([watch.isUp, watch.about]).toEqual([true, { version: '29', images: 3, imageBytes: 4 }]);
  asked.resolve('abcdef');
  await settled();
  expect(watch.about?.layers).toBe('abcdef');
  // Those that were known stay, where the engine says nothing of a new image.
  engine.layers = () => Promise.reject(new Error('no answer'));
  await settled(60_000);
  expect([watch.isUp, watch.about?.layers, errors]).toEqual([true, 'abcdef', []]);
  // More than can be told.
  engine.layers = () => Promise.resolve(undefined);
  await settled(60_000);
  expect(watch.about).not.toHaveProperty('layers');
  watch.stop();
});
