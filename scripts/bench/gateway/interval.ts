/** A median, and where that of endless rounds lies with 95 % (all values, where fewer than six are known). */
export interface Interval {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

const LEFT_OUT = 0.05;

/** By order statistics: nothing is assumed of how the values are distributed. */
export function intervalOf(values: readonly number[]): Interval {
  const sorted = values.toSorted((a, b) => a - b);
  const half = (sorted.length - 1) / 2;
  const at = (index: number): number => sorted[index] ?? NaN;
  const cut = cutOf(sorted.length);
  return {
    median: (at(Math.floor(half)) + at(Math.ceil(half))) / 2,
    low: at(cut),
    high: at(sorted.length - 1 - cut),
  };
}

/** How many values at each end lie outside of the interval. */
function cutOf(count: number): number {
  let cut = 0;
  for (let below = chance(count, 0); below + chance(count, cut + 1) <= LEFT_OUT / 2;) {
    cut += 1;
    below += chance(count, cut);
  }
  return cut;
}

/** That so many of all values are below the true median. */
function chance(count: number, below: number): number {
  let ways = 1;
  for (let n = 0; n < below; n += 1) ways = (ways * (count - n)) / (n + 1);
  return ways / 2 ** count;
}
