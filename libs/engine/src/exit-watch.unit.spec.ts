import { getEventListeners } from 'node:events';
import { addAbortSignal, PassThrough } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ExitWatch } from './exit-watch.js';

/** A watch over streams that the test writes; the newest is the one that is open. */
function world() {
  const streams: PassThrough[] = [];
  const watch = new ExitWatch((signal) => {
    streams.push(addAbortSignal(signal, new PassThrough()));
    return Promise.resolve(newest());
  });
  const newest = (): PassThrough => {
    const stream = streams.at(-1);
    if (stream === undefined) throw new Error('no stream is open');
    return stream;
  };
  const event = (Action: string, ID: string, exitCode?: number) =>
    newest().write(
      `${JSON.stringify({ Action, Actor: { ID, Attributes: { exitCode: exitCode?.toString() } } })}\n`,
    );
  return {
    ...{ watch, streams, newest },
    die: (id: string, exitCode: number) => event('die', id, exitCode),
    destroy: (id: string) => event('destroy', id),
    oom: (id: string) => event('oom', id),
    ask: (id: string, signal = new AbortController().signal) => watch.firstExit(id, signal),
  };
}

/** Settles nothing by itself; tells whether another has settled by now. */
async function isOpen(watch: Promise<number>): Promise<boolean> {
  await turn();
  return Promise.race([watch.then(() => false), turn(true)]);
}

describe('who watches a container', () => {
  it('is told of its end, a hundred of them over one stream', async () => {
    const { ask, die, streams } = world();
    const warnings: Error[] = [];
    const keep = (warning: Error) => void warnings.push(warning);
    process.on('warning', keep);
    const { signal } = new AbortController();
    const watches = Array.from({ length: 100 }, (_, n) => ask(`c${n % 50}`, signal));
    for (let n = 0; n < 50; n += 1) die(`c${n}`, n);
    expect(await Promise.all(watches)).toEqual(Array.from({ length: 100 }, (_, n) => n % 50));
    expect(streams).toHaveLength(1);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    await turn();
    process.off('warning', keep);
    expect(warnings).toEqual([]);
  });

  it('knows that one ran out of memory, which its engine forgets when it starts it again', async () => {
    const { ask, die, destroy, oom, watch } = world();
    const end = ask('a');
    oom('a');
    die('a', 137);
    expect(await end).toBe(137);
    expect([watch.wasOutOfMemory('a'), watch.wasOutOfMemory('b')]).toEqual([true, false]);
    destroy('a');
    await turn();
    expect(watch.wasOutOfMemory('a')).toBe(false);
  });

  it('is told the first code of several, also when it ended before that was asked', async () => {
    const { ask, die } = world();
    const first = ask('a');
    die('a', 7);
    die('a', 0);
    die('stranger', 5);
    die('stranger', 6);
    expect(await first).toBe(7);
    expect(await ask('a')).toBe(7);
    expect(await ask('stranger')).toBe(5);
  });

  it('is told that it was removed, where no end of it was seen', async () => {
    const { ask, destroy } = world();
    const watch = ask('a');
    destroy('a');
    await expect(watch).rejects.toMatchObject({ code: 'CONTAINER_NOT_FOUND' });
  });

  it('and calls that off is told the reason and leaves no listener, while others watch on', async () => {
    const { ask, die, streams } = world();
    const off = new AbortController();
    const [called, other] = [ask('a', off.signal), ask('a')];
    off.abort(new Error('enough'));
    await expect(called).rejects.toThrow('enough');
    expect(getEventListeners(off.signal, 'abort')).toEqual([]);
    die('a', 3);
    expect(await other).toBe(3);
    await expect(ask('b', off.signal)).rejects.toThrow('enough');
    expect(streams).toHaveLength(1);
  });

  it('after that was called off opens no stream', async () => {
    const { ask, streams } = world();
    await expect(ask('a', AbortSignal.abort())).rejects.toMatchObject({ name: 'AbortError' });
    expect(streams).toHaveLength(0);
  });
});

describe('a stream', () => {
  it.each([
    ['breaks', (stream: PassThrough) => stream.destroy(new Error('cut')), 'ENGINE_UNREACHABLE'],
    ['ends', (stream: PassThrough) => stream.end(), 'ENGINE_UNREACHABLE'],
    ['has a line that is none', (stream: PassThrough) => stream.write('no json\n'), 'ENGINE_FAILED'],
  ])('that %s is told to all who watch, and opened again at the next question', async (_, breaks, code) => {
    const { ask, die, newest, streams } = world();
    const watches = [ask('a'), ask('b')];
    breaks(newest());
    const told = { status: 'rejected', reason: { code, kind: 'retriable' } };
    expect(await Promise.allSettled(watches)).toMatchObject([told, told]);
    expect(streams[0]?.destroyed).toBe(true);
    const again = ask('a');
    die('a', 4);
    expect(await again).toBe(4);
    expect(streams).toHaveLength(2);
  });

  it('that cannot be opened is told, and tried again at the next question', async () => {
    let tries = 0;
    const watch = new ExitWatch(() => Promise.reject(new Error(`refused ${(tries += 1)}`)));
    for (const n of [1, 2])
      await expect(watch.firstExit('a', new AbortController().signal)).rejects.toMatchObject({
        code: 'ENGINE_UNREACHABLE',
        message: `Watching containers: refused ${n}`,
      });
  });

  it('may hold events of other shapes, which are passed over', async () => {
    const { ask, die, newest } = world();
    const watch = ask('a');
    const shapes = [
      null,
      1,
      {},
      { Action: 'die' },
      { Action: 'die', Actor: { ID: 'a' } },
      { Actor: { ID: 'a' } },
    ];
    for (const shape of shapes) newest().write(`${JSON.stringify(shape)}\n`);
    die('a', 2);
    expect(await watch).toBe(2);
  });

  it('is closed with the watch, and who watches is told', async () => {
    const { ask, watch, newest } = world();
    const open = ask('a');
    await turn();
    watch.close();
    await expect(open).rejects.toMatchObject({ code: 'ENGINE_UNREACHABLE' });
    expect(newest().destroyed).toBe(true);
  });

  it('that was closed tells nobody who watches the next one', async () => {
    const { ask, watch, die } = world();
    ask('a').catch(() => undefined);
    watch.close();
    const next = ask('a');
    expect(await isOpen(next)).toBe(true);
    die('a', 1);
    expect(await next).toBe(1);
  });
});

describe('what ended', () => {
  it('is forgotten when it is removed', async () => {
    const { ask, die, destroy } = world();
    const first = ask('a');
    die('a', 7);
    expect(await first).toBe(7);
    destroy('a');
    await turn();
    expect(await isOpen(ask('a'))).toBe(true);
  });

  it('is forgotten when a thousand others have ended since', async () => {
    const { ask, die } = world();
    const last = ask('c1000');
    for (let n = 0; n <= 1_000; n += 1) die(`c${n}`, n);
    await last;
    expect(await ask('c1')).toBe(1);
    expect(await isOpen(ask('c0'))).toBe(true);
  });
});

describe('a stream that nobody needs', () => {
  afterEach(() => vi.useRealTimers());

  it('is closed after a minute, in which it serves whoever asks', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const { ask, die, streams } = world();
    const ended = async (id: string) => {
      const watch = ask(id);
      die(id, 1);
      await watch;
    };
    await ended('a');
    vi.advanceTimersByTime(59_999);
    const long = ask('b');
    vi.advanceTimersByTime(3_600_000);
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([false]);
    die('b', 1);
    await long;
    vi.advanceTimersByTime(60_000);
    await turn();
    expect(streams.map(({ destroyed }) => destroyed)).toEqual([true]);
    await ended('c');
    expect(streams).toHaveLength(2);
  });
});
