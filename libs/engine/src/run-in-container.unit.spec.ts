import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { expect, it } from 'vitest';
import { runInContainer } from './run-in-container.js';

/** As the engine frames what a program writes to its standard output. */
function frame(text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

type State = readonly [isRunning: boolean, exitCode: number | null];

/** A container in which a program writes this; asked for its end, it gives one state after the other. */
function containerWith(written: readonly string[], states: State[]): Docker.Container {
  const made = {
    start: () => Promise.resolve(Readable.from(written.map(frame))),
    inspect: () => {
      const [Running, ExitCode] = (states.length > 1 ? states.shift() : states[0]) ?? [false, 0];
      return Promise.resolve({ Running, ExitCode });
    },
  };
  return { exec: () => Promise.resolve(made) } as unknown as Docker.Container;
}

const run = (container: Docker.Container, signal = AbortSignal.timeout(5_000)) =>
  runInContainer(container, ['check'], signal);

it('a program that had just ended counted as failed: its engine notes the code after the output', async () => {
  const container = containerWith(
    ['fine\n'],
    [
      [true, null],
      [false, null],
      [false, 0],
    ],
  );
  expect(await run(container)).toEqual({ exitCode: 0, output: 'fine\n' });
});

it('a program that wrote much counted as failed: the rest is read, and left out', async () => {
  const line = 'x'.repeat(100_000);
  const { exitCode, output } = await run(containerWith(Array<string>(10).fill(line), [[false, 0]]));
  expect(exitCode).toBe(0);
  expect(output.length).toBeGreaterThanOrEqual(200_000);
  expect(output.length).toBeLessThan(400_000);
});

it('one that closes its output and goes on is waited for, as long as the signal allows', async () => {
  const over = new AbortController();
  const asked = run(containerWith([], [[true, null]]), over.signal);
  over.abort(new Error('time is over'));
  await expect(asked).rejects.toThrow();
});
