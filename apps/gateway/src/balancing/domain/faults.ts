import { errorShareOf, latencyOf, type Watched } from './watched.js';
import { median } from './median.js';
import { WAITING_IN_VAIN } from './silence.js';
import type { Fault } from './standing.js';

/** Less is no proof of anything. */
const LEAST_FAILURES = 3;
const LEAST_ENDED = 4;
/** An instance that fails so much more often than the others is taken out. */
const EXCESS = 0.3;
/** A silence of so many usual answers is one. */
const USUAL_TIMES = 8;
/** It is taken out after so many times the silence that lowers its weight. */
const SILENCES = 2;

export interface Judged {
  /** Its weight is lowered at once. */
  readonly isStalled: boolean;
  /** It may have stalled, or its one request takes long: it is to get another one, which shows. */
  readonly isInDoubt?: boolean;
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
  { watched: { silence, waiting }, isOnTrial }: { readonly watched: Watched; readonly isOnTrial: boolean },
  others: readonly Watched[],
  longMs: number,
): Judged {
  const sinceMs = silence?.sinceMs;
  if (silence === undefined || sinceMs === undefined) return { isStalled: false };
  const { forMs, inVainMs, left } = silence;
  const isAlone = !others.some(({ answeredMs }) => answeredMs > sinceMs);
  if (isAlone || forMs < longMs) return { isStalled: false };
  if (waiting + left < WAITING_IN_VAIN && !isOnTrial) return { isStalled: false, isInDoubt: true };
  // Another request has its time, too.
  if (forMs < SILENCES * longMs || (inVainMs < longMs && !isOnTrial)) return { isStalled: true };
  const why = `${waitingWords(waiting, left)}, and it has answered none for ${(forMs / 1_000).toFixed(1)} s`;
  return { isStalled: true, fault: { kind: 'stalled', severity: 1 + forMs, why } };
}

const waitingWords = (waiting: number, left: number): string =>
  `${waiting} ${waiting === 1 ? 'request waits' : 'requests wait'}${left === 0 ? '' : `, ${left} ${left === 1 ? 'was left by its client' : 'were left by their clients'}`}`;

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
