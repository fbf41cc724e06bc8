import type { ServiceCount } from './domain/scaling.js';
import type { NodeSpan } from './domain/span.js';

/** Where spans of one length rest. */
export interface Spans {
  /** Stores those whose lease is still of the same fence, in one statement. A span that is there stays as it is. */
  store(spans: readonly NodeSpan[]): Promise<void>;
}

/** What runs and what is wanted, of every service. */
export interface ServiceCounts {
  /** Throws where the database does not answer. */
  all(): Promise<readonly ServiceCount[]>;
}
