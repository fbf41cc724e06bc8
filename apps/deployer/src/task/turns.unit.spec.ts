import { describe, expect, it } from 'vitest';
import { startsAtOnce, Turns } from './turns.js';

const never = new AbortController().signal;

/** Work that ends when it is told to. */
function work(log: string[], name: string) {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { run: () => (log.push(name), promise), end: resolve };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('turns at one place', () => {
  it('so many at once, the others in the order in which they came', async () => {
    const turns = new Turns(() => 2);
    const log: string[] = [];
    const all = ['a', 'b', 'c', 'd'].map((name) => work(log, name));
    const done = all.map(({ run }) => turns.take('node-1', never, run));
    await settled();
    expect(log).toEqual(['a', 'b']);
    all[1]?.end();
    await settled();
    expect(log).toEqual(['a', 'b', 'c']);
    all.forEach(({ end }) => end());
    await Promise.all(done);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  it('one place does not wait for another', async () => {
    const turns = new Turns(() => 1);
    const log: string[] = [];
    const [first, second] = [work(log, 'a'), work(log, 'b')];
    const done = [turns.take('node-1', never, first.run), turns.take('node-2', never, second.run)];
    await settled();
    expect(log).toEqual(['a', 'b']);
    first.end();
    second.end();
    await Promise.all(done);
  });

  it('work that fails passes its turn on', async () => {
    const turns = new Turns(() => 1);
    const failing = turns.take('node-1', never, () => Promise.reject(new Error('broken')));
    await expect(failing).rejects.toThrow('broken');
    expect(await turns.take('node-1', never, () => Promise.resolve('done'))).toBe('done');
  });

  it('who gives up while waiting leaves the line, and nobody behind is forgotten', async () => {
    const turns = new Turns(() => 1);
    const log: string[] = [];
    const first = work(log, 'a');
    const holding = turns.take('node-1', never, first.run);
    const leaving = new AbortController();
    const left = turns.take('node-1', leaving.signal, () => Promise.resolve(log.push('left')));
    const behind = turns.take('node-1', never, () => Promise.resolve(log.push('c')));
    leaving.abort(new Error('cancelled'));
    await expect(left).rejects.toThrow('cancelled');
    first.end();
    await Promise.all([holding, behind]);
    expect(log).toEqual(['a', 'c']);
  });
});

describe('starts at once on a machine', () => {
  it.each([
    ['as many as it has CPUs', 3, 3],
    ['two where it has one', 1, 2],
    ['no more than are allowed, however many it has', 64, 4],
    ['as many as are allowed, where nobody told how many it has', undefined, 4],
  ])('are %s', (_, cpus, expected) => {
    expect(startsAtOnce(4, cpus)).toBe(expected);
  });

  it('are as few as are allowed', () => {
    expect(startsAtOnce(1, 8)).toBe(1);
  });
});
