import { meanOf, type Sample, type Sum } from './figures.js';

/** The seconds of the finer and of the coarser records. */
export const FINE_SECONDS = 10;
export const COARSE_SECONDS = 60;

/** Means over some seconds of what decisions used. JSON. */
export interface Recorded {
  /** The beginning, in milliseconds since the epoch. */
  readonly at: number;
  /** 10 or 60. */
  readonly seconds: number;
  /** Of how many of these seconds there are figures. */
  readonly seen: number;
  /** How many instances there were to be, in the end. */
  readonly current: number;
  /** Of means over these seconds; `ready` may be a fraction. */
  readonly sample: Sample;
}

export type Recordable = Pick<Recorded, 'current' | 'seen' | 'sample'>;

/** The beginning of the record that a moment belongs to. */
export const beginningOf = (now: number, seconds: number): number => now - (now % (seconds * 1_000));

/** Means of samples, weighted by the seconds that they stand for; undefined where there are none. Pure. */
export function recordOf(parts: readonly Recordable[], at: number, seconds: number): Recorded | undefined {
  const last = parts.at(-1);
  if (last === undefined) return undefined;
  const samples = parts.flatMap(({ seen, sample }) => Array.from({ length: seen }, () => sample));
  const mean = (of: (sample: Sample) => number | undefined): number | undefined =>
    rounded(meanOf(samples.map(of)));
  const sum = (of: (sample: Sample) => Sum): Sum => ({
    sum: mean((sample) => of(sample).sum) ?? 0,
    known: mean((sample) => of(sample).known) ?? 0,
    missing: mean((sample) => of(sample).missing) ?? 0,
  });
  const given = (members: Partial<Record<keyof Sample, number | undefined>>): Partial<Sample> =>
    Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
  const lowest = samples.flatMap(({ lowestScore }) => lowestScore ?? []);
  return {
    ...{ at, seconds, seen: samples.length, current: last.current },
    sample: {
      ...{ at, ready: mean(({ ready }) => ready) ?? 0 },
      ...{ cpu: sum(({ cpu }) => cpu), memory: sum(({ memory }) => memory) },
      deficit: sum(({ deficit }) => deficit),
      ...given({
        lowestScore: lowest.length > 0 ? Math.min(...lowest) : undefined,
        requestsPerSecond: mean(({ requestsPerSecond }) => requestsPerSecond),
        concurrency: mean(({ concurrency }) => concurrency),
        waiting: mean(({ waiting }) => waiting),
        p95Ms: mean(({ p95Ms }) => p95Ms),
        kafkaLag: mean(({ kafkaLag }) => kafkaLag),
        prometheus: mean(({ prometheus }) => prometheus),
      }),
    },
  };
}

const rounded = (value: number | undefined): number | undefined =>
  value === undefined ? undefined : Math.round(value * 1_000) / 1_000;
