import type { Expected } from './decision.js';
import { forecast } from './forecast.js';
import { type LoadHistory, LOADS, MINUTE_MS } from './load-minutes.js';
import type { Policy } from './policy.js';

/** How far ahead is looked: an instance has to be pulled, started and found healthy by then. */
export const HORIZON_MINUTES = 4;
/** Rounding of means must not cost an instance. */
const EPSILON = 1e-4;

/** How many instances the highest load of the next minutes needs; undefined where too little is known. Pure. */
export function expectedOf(history: LoadHistory, { targets }: Policy, now: number): Expected | undefined {
  let most: Expected | undefined;
  for (const target of LOADS) {
    const aim = targets[target];
    const found = aim === undefined ? undefined : forecast(history[target], HORIZON_MINUTES);
    if (aim === undefined || found === undefined) continue;
    const count = Math.ceil(found.load / aim - EPSILON);
    if (count > (most?.count ?? -1)) most = { count, target, at: now + found.inMinutes * MINUTE_MS };
  }
  return most;
}
