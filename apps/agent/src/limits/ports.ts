import type { LimitRequest } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';

/** Requests of limits that came, whichever replica read them. */
export interface LimitRequests {
  /**
   * Keeps a request for the replica that holds the lease of its node. One that was answered is answered again, and one
   * whose fence is outdated at once.
   */
  take(tx: Transaction, request: LimitRequest): Promise<void>;
}

export const LIMIT_REQUESTS = Symbol('LimitRequests');
