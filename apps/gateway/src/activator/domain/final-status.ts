/**
 * HAProxy tries again where a server answers one of these. What the activator passes on was tried before, and what it
 * refuses has waited: so it answers by another status, and HAProxy puts the right one back.
 */
export const RETRIED = [500, 502, 503, 504] as const;

const ABOVE = 90;

/** What HAProxy does not try again: 593 for 503. */
export const finalStatus = (status: number): number =>
  RETRIED.some((retried) => retried === status) ? status + ABOVE : status;

/** Each status that stands for another one, with that one. */
export const finalStatuses: readonly (readonly [said: number, meant: number])[] = RETRIED.map((status) => [
  status + ABOVE,
  status,
]);
