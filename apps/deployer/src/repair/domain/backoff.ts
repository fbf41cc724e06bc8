const FIRST_BACKOFF_MS = 1_000;
const LONGEST_BACKOFF_MS = 300_000;
/** Twice the longest backoff, as the kubelet has it for a container that ran well for ten minutes: counted anew. */
export const FORGOTTEN_AFTER_MS = 2 * LONGEST_BACKOFF_MS;

/** How long after attempt number `attempt` the next one waits. */
export const backoffMs = (attempt: number): number =>
  Math.min(FIRST_BACKOFF_MS * 2 ** (attempt - 1), LONGEST_BACKOFF_MS);
