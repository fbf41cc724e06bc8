import type { Expected } from './decision.js';
import { forecast, type Minutes } from './forecast.js';
import type { Policy } from './policy.js';
import type { Recorded } from './recorded.js';

/** Loads that are shared out, so that a count follows from them. Scores and latencies are none. */
const LOADS = ['cpu', 'memory', 'requestsPerSecond', 'concurrency'] as const;
type Load = (typeof LOADS)[number];

/** How far ahead is looked: an instance has to be pulled, started and found healthy by then. */
export const HORIZON_MINUTES = 4;

/** Minutes of the loads of a service, as they are kept; the last one has just ended. */
export type LoadHistory = Readonly<Record<Load, Minutes>>;

const MINUTE_MS = 60_000;

/** The loads of minutes up to `now`, with gaps where nothing was recorded. Pure. */
export function historyOf(recorded: readonly Recorded[], now: number): LoadHistory {
  const end = Math.floor(now / MINUTE_MS);
  const first = recorded[0] === undefined ? end : Math.floor(recorded[0].at / MINUTE_MS);
  const loads = Object.fromEntries(
    LOADS.map((load) => [load, Array.from<number | undefined>({ length: end - first })]),
  ) as Record<Load, (number | undefined)[]>;
  for (const { at, sample } of recorded) {
    const index = Math.floor(at / MINUTE_MS) - first;
    if (index < 0 || index >= end - first) continue;
    for (const load of LOADS) loads[load][index] = totalOf(sample, load);
  }
  return loads;
}

const totalOf = (sample: Recorded['sample'], load: Load): number | undefined => {
  if (load === 'requestsPerSecond' || load === 'concurrency') return sample[load];
  const { sum, known, missing } = sample[load];
  // Of those without figure it is taken that they use as much as the others.
  return known === 0 ? undefined : (sum * (known + missing)) / known;
};

/** How many instances the highest load of the next minutes needs; undefined where too little is known. Pure. */
export function expectedOf(history: LoadHistory, { targets }: Policy, now: number): Expected | undefined {
  let most: Expected | undefined;
  for (const target of LOADS) {
    const aim = targets[target];
    const found = aim === undefined ? undefined : forecast(history[target], HORIZON_MINUTES);
    if (aim === undefined || found === undefined) continue;
    const count = Math.ceil(found.load / aim);
    if (count > (most?.count ?? -1)) most = { count, target, at: now + found.inMinutes * MINUTE_MS };
  }
  return most;
}
