import type { FetchedSource } from '../build/ports.js';
import type { ClaimedTask } from './ports.js';

/** What one worker keeps between the effects of one task. */
export interface EffectScope {
  readonly claim: ClaimedTask;
  readonly signal: AbortSignal;
  readonly kept: {
    source?: FetchedSource;
    /** Ends what is pulled ahead, by the ordinal of its slot. */
    ahead?: Map<number, AbortController>;
  };
}
