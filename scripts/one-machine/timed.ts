import type { SetUp } from './set-up.js';

/** Runs `start` and reports the part as ready, with the time it took. */
export async function timed<T>({ report }: SetUp, part: string, start: () => Promise<T>): Promise<T> {
  const before = performance.now();
  const value = await start();
  report(part, 'ready', performance.now() - before);
  return value;
}
