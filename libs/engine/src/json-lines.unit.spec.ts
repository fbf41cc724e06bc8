import { PassThrough, Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { jsonLines } from './json-lines.js';

it('a stream that breaks after its reader has left does not end the process', async () => {
  const uncaught: unknown[] = [];
  const note = (error: unknown): void => void uncaught.push(error);
  process.prependOnceListener('uncaughtException', note);
  onTestFinished(() => void process.off('uncaughtException', note));
  const stream = new PassThrough();
  stream.write('{"id":"1"}\n');
  for await (const { id } of jsonLines(stream)) {
    expect(id).toBe('1');
    break;
  }
  stream.destroy(new Error('cut'));
  await turn();
  expect(uncaught).toEqual([]);
});

it('a stream that is cut throws, also between two lines', async () => {
  const stream = new PassThrough();
  stream.write('{"id":"1"}\n');
  const read = async (): Promise<void> => {
    for await (const { id } of jsonLines(stream)) {
      expect(id).toBe('1');
      stream.destroy();
    }
  };
  await expect(read()).rejects.toThrow('the engine cut its answer');
});

it('a line that is not JSON throws without repeating it', async () => {
  const read = async (): Promise<void> => {
    for await (const { id } of jsonLines(Readable.from(['{"id":"1"}\n', '{"id": hunter2}\n'])))
      expect(id).toBe('1');
  };
  await expect(read()).rejects.toThrow(/^not valid JSON at line 1, column 8$/);
});
