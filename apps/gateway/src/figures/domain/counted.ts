import type { ServerFigures } from '../../data-plane/domain/server-figures.js';

/** What one server counted between two looks. */
export interface Counted {
  readonly requests: number;
  readonly failed: number;
}

const NOTHING: Counted = { requests: 0, failed: 0 };

/**
 * Between two looks at one server. What another worker or another place counts begins anew, so what is between is not
 * known: that is nothing, never less than nothing.
 */
export function countedBetween(before: ServerFigures | undefined, now: ServerFigures): Counted {
  if (before === undefined || before.source !== now.source) return NOTHING;
  const requests = now.counters.requests - before.counters.requests;
  const failed = failuresOf(now) - failuresOf(before);
  return requests < 0 || failed < 0 ? NOTHING : { requests, failed };
}

const failuresOf = ({ counters: { failedAnswers, lost } }: ServerFigures): number => failedAnswers + lost;
