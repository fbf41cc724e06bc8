import type { OldRows, Runtime } from '#libs/runtime';
import { PostgresLimitRequests } from './adapters/postgres-limit-requests.js';
import type { LimitRequests } from './ports.js';

const DAY_MS = 86_400_000;

/** Answers are kept for as long as a request may come again, and to be looked at. */
export const oldLimitRequests: OldRows = () => ({
  ...{ table: 'limit_requests', column: 'answered_at', condition: 'answered_at IS NOT NULL' },
  keepMs: DAY_MS,
});

export interface Limits {
  readonly requests: LimitRequests;
}

export function createLimits({ outbox, clock }: Pick<Runtime, 'outbox' | 'clock'>): Limits {
  return { requests: new PostgresLimitRequests({ outbox, now: () => clock.now() }) };
}
