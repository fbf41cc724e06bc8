import type { ResponseTimes } from './domain/watched.js';

/** How idle instances are, by another source: what an agent sees of their containers. */
export interface Scores {
  /** By the names of instances, 0 to 100: 100 is idle. One without a score is weighed like most others. */
  current(): ReadonlyMap<string, number>;
}

/** Where nobody scores instances. */
export const NO_SCORES: Scores = { current: () => new Map() };

/** The weights that operators have set. */
export interface Overrides {
  /** By the names of instances, 0 to 256; `untilMs` by the clock of `performance.now()`. */
  current(): ReadonlyMap<string, { readonly weight: number; readonly untilMs?: number }>;
}

export const NO_OVERRIDES: Overrides = { current: () => new Map() };

export interface ResponseTimeSource {
  /** Of each instance, since the last call. Empty without an access log. */
  take(): ReadonlyMap<string, ResponseTimes>;
}
