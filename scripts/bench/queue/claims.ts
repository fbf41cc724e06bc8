import { type Spread, spreadOf } from '../figures.js';
import type { BenchQueue, Shape } from './queues.js';

export interface ClaimFigures {
  readonly shape: Shape;
  readonly rows: number;
  readonly claimers: number;
  /** Units claimed, finished and replaced in a second, one figure a round. */
  readonly slipway: Spread;
  readonly plain: Spread;
  readonly slipwayToPlain: number;
  /** Of the claim alone, in microseconds, by Slipway. */
  readonly claimMicros: { readonly median: number; readonly p99: number };
}

interface ClaimsBench {
  readonly slipway: BenchQueue;
  readonly plain: BenchQueue;
  readonly rounds: number;
  readonly roundMs: number;
  readonly signal: AbortSignal;
}

export const quantile = (values: readonly number[], q: number): number =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * q))] ?? NaN;

/** Both queues filled alike, then taking turns; the backlog stays as long as it is. */
export async function measureClaims(
  bench: ClaimsBench,
  shape: Shape,
  rows: number,
  claimerCounts: readonly number[],
): Promise<ClaimFigures[]> {
  const { slipway, plain, rounds } = bench;
  await slipway.fill(shape, rows);
  await plain.fill(shape, rows);
  const figures: ClaimFigures[] = [];
  for (const claimers of claimerCounts) {
    const own: number[] = [];
    const peer: number[] = [];
    const micros: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      bench.signal.throwIfAborted();
      own.push(await unitsPerSecond(bench, slipway, claimers, micros));
      peer.push(await unitsPerSecond(bench, plain, claimers, []));
    }
    const [ours, theirs] = [spreadOf(own), spreadOf(peer)];
    figures.push({
      ...{ shape, rows, claimers, slipway: ours, plain: theirs },
      slipwayToPlain: Math.round((ours.median / theirs.median) * 100) / 100,
      claimMicros: { median: quantile(micros, 0.5), p99: quantile(micros, 0.99) },
    });
  }
  return figures;
}

async function unitsPerSecond(
  { roundMs, signal }: ClaimsBench,
  queue: BenchQueue,
  claimers: number,
  micros: number[],
): Promise<number> {
  const started = performance.now();
  let units = 0;
  const claimer = async (): Promise<void> => {
    while (performance.now() - started < roundMs && !signal.aborted) {
      const asked = performance.now();
      const unit = await queue.claim();
      if (unit === undefined) continue;
      micros.push(Math.round((performance.now() - asked) * 1000));
      await unit.replace();
      units += 1;
    }
  };
  await Promise.all(Array.from({ length: claimers }, claimer));
  return (units * 1000) / (performance.now() - started);
}
