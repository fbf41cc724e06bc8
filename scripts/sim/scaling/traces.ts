import { readFileSync } from 'node:fs';
import { packagePath } from '#libs/postgres';

export const TRACES = ['diurnal', 'bursty', 'noisy'] as const;
export type Trace = (typeof TRACES)[number];

/** Requests a second, of 3,600 seconds. Their origin stands in `scripts/sim/data/README.md`. */
export const traceOf = (trace: Trace): readonly number[] =>
  readFileSync(packagePath(`scripts/sim/data/load-${trace}.txt`), 'utf8')
    .trim()
    .split('\n')
    .map(Number);

/** The excerpt with the steepest rise: from the second at which the load rises most within half of it. */
export function excerpt(loads: readonly number[], seconds: number): readonly number[] {
  const half = Math.floor(seconds / 2);
  let best = 0;
  let most = -Infinity;
  for (let start = 0; start + seconds <= loads.length; start += 10) {
    const rise = mean(loads, start + half, start + seconds) - mean(loads, start, start + half);
    if (rise > most) [best, most] = [start, rise];
  }
  return loads.slice(best, best + seconds);
}

const mean = (loads: readonly number[], from: number, to: number): number =>
  loads.slice(from, to).reduce((sum, load) => sum + load, 0) / (to - from);
