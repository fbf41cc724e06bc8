import { errorShareOf, latencyOf, type Watched } from './watched.js';
import { median } from './median.js';
import type { Fault } from './standing.js';

/** Less is no proof of anything. */
const LEAST_FAILURES = 3;
const LEAST_ENDED = 4;
/** An instance that fails so much more often than the others is taken out. */
const EXCESS = 0.3;
/** A silence of so many usual answers is one. */
const USUAL_TIMES = 8;
/** One request alone may take long by itself. */
const WAITING_IN_VAIN = 2;
/** It is taken out after so many times the silence that lowers its weight. */
const SILENCES = 2;

export interface Judged {
  /** Its weight is lowered at once. */
  readonly isStalled: boolean;
  /** What it should be taken out for, and how bad that is beside others. */
  readonly fault?: { readonly kind: Fault; readonly severity: number; readonly why: string };
}

/**
 * What is wrong with each instance of a service, in their order. All is judged beside the others: where no other instance
 * answers either, or most others fail as often, the fault is not the instance's, and to take it out would help nobody.
 */
export function judged(
  all: readonly { readonly watched: Watched; readonly isOnTrial: boolean }[],
  stallMs: number,
): readonly Judged[] {
  const usualMs = median(all.flatMap(({ watched }) => latencyOf(watched) ?? [])) ?? 0;
  const longMs = Math.max(stallMs, USUAL_TIMES * usualMs);
  return all.map((one, index) => {
    const others = all.filter((_, at) => at !== index).map(({ watched }) => watched);
    return { ...stall(one, others, longMs), ...failing(one.watched, others) };
  });
}

function stall(
  {
    watched: { silentSinceMs, waiting, atMs },
    isOnTrial,
  }: { readonly watched: Watched; readonly isOnTrial: boolean },
  others: readonly Watched[],
  longMs: number,
): Judged {
  if (silentSinceMs === undefined) return { isStalled: false };
  // Until it was looked at last: while HAProxy cannot be asked, nobody is silent.
  const silentMs = atMs - silentSinceMs;
  const isAlone = !others.some(({ answeredMs }) => answeredMs > silentSinceMs);
  if (isAlone || silentMs < longMs) return { isStalled: false };
  if (silentMs < SILENCES * longMs || (waiting < WAITING_IN_VAIN && !isOnTrial)) return { isStalled: true };
  const why = `${waiting} ${waiting === 1 ? 'request waits' : 'requests wait'}, and it has answered none for ${(silentMs / 1_000).toFixed(1)} s`;
  return { isStalled: true, fault: { kind: 'stalled', severity: 1 + silentMs, why } };
}

function failing(watched: Watched, others: readonly Watched[]): Pick<Judged, 'fault'> {
  const { ended, failed, last } = watched;
  // HAProxy sends nothing to one that it cannot connect to, and looks for it once a second.
  if (last?.isUp === false) return {};
  if (failed < LEAST_FAILURES || ended < LEAST_ENDED) return {};
  // Those without a request say nothing: the application itself may be at fault.
  const usual = median(others.filter((one) => one.ended >= 1).map(errorShareOf));
  if (usual === undefined) return {};
  const excess = errorShareOf(watched) - usual;
  if (excess < EXCESS) return {};
  const why = `${percent(failed / ended)} of its requests failed, ${percent(usual)} of those of the others`;
  return { fault: { kind: 'failing', severity: excess, why } };
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;
