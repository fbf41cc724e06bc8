const FIRST_MS = 1_000;
const LONGEST_MS = 60_000;
/** Of each pause, in both directions: gateways that lost the same load balancer do not come back all at once. */
const JITTER = 0.25;

/** How long to wait before the next try. `failures` are those since the feed was last heard; `random` is from 0 to 1. */
export function pauseMs(failures: number, random: number): number {
  const doubled = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));
  return Math.round(doubled * (1 - JITTER + 2 * JITTER * random));
}
