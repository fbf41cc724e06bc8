import type { ServiceShape } from '../../sim/scaling/service.js';

/** An instance of the excerpts; it runs 2 s after the decision, as one whose image is there does. */
export const SHAPE: ServiceShape = { workers: 4, serviceMs: 100, startMs: 2_000 };
/** One whose image is pulled first, and which needs a minute until it is healthy. */
export const SLOW: ServiceShape = { ...SHAPE, startMs: 90_000 };
/** The seed's two scenarios, and its bounds. */
export const INTENSE: ServiceShape = { workers: 1, serviceMs: 600, startMs: 2_000 };
export const INSTANT: ServiceShape = { workers: 50, serviceMs: 2, startMs: 2_000 };
export const SEED_MIN = 5;
export const SEED_MAX = 15;
/** One whose own work for a request is not what is measured. */
export const AT_ONCE: ServiceShape = { ...INSTANT, workers: 4, serviceMs: 0 };
