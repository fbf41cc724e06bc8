import { PassThrough } from 'node:stream';
import { describe, expect, it, vi } from 'vitest';
import { Output } from '../output.js';
import { fit, LiveTree } from './live-tree.js';

describe('fitting a line', () => {
  it('leaves what fits, colours not counted', () => {
    expect(fit('\u001b[1mabc\u001b[22m', 4)).toBe('\u001b[1mabc\u001b[22m');
  });

  it('cuts what would wrap, and ends its colour', () => {
    expect(fit('abcdef', 5)).toBe('abc…');
    expect(fit('\u001b[1mabcdef\u001b[22m', 5)).toBe('\u001b[1mabc\u001b[22m…\u001b[0m');
  });
});

function drawn(terminal: object, lines: readonly string[]): string {
  const stream = Object.assign(new PassThrough(), terminal) as unknown as NodeJS.WriteStream;
  const tree = new LiveTree(new Output({ json: false, out: stream, err: stream }), () => lines);
  tree.start();
  tree.stop();
  return String(stream.read() ?? '');
}

describe('the live tree', () => {
  it('is erased at the end', () => {
    expect(drawn({ isTTY: true, columns: 80, rows: 24 }, ['one', 'two'])).toBe(
      'one\ntwo\n\r\u001b[2A\u001b[0J',
    );
  });

  it('is never higher than the terminal: what scrolled away cannot be erased', () => {
    expect(drawn({ isTTY: true, columns: 80, rows: 3 }, ['one', 'two', 'three'])).toBe(
      'one\ntwo\n\r\u001b[2A\u001b[0J',
    );
  });

  it('takes a terminal that does not know its size for one of 80 columns', () => {
    expect(drawn({ isTTY: true, columns: 0, rows: 0 }, ['one', 'two'])).toContain('one\ntwo\n');
  });

  it('draws each line over the one before, and erases what is left below', () => {
    vi.useFakeTimers();
    const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80, rows: 24 });
    const output = new Output({ json: false, out: stream as never, err: stream as never });
    const blocks = [['one', 'two'], ['three']];
    const tree = new LiveTree(output, () => blocks.shift() ?? [], 1_000);
    tree.start();
    stream.read();
    vi.advanceTimersByTime(1_000);
    expect(String(stream.read())).toBe('\r\u001b[2Athree\u001b[0K\n\u001b[0J');
    tree.stop();
    vi.useRealTimers();
  });

  it('writes nothing where nothing can be redrawn', () => {
    expect(drawn({}, ['one'])).toBe('');
  });
});
