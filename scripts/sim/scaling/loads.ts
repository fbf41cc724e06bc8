import type { Load } from './run.js';
import { excerpt, traceOf, TRACES } from './traces.js';

const EXCERPT_SECONDS = 300;

const constant = (load: number, seconds: number): readonly number[] =>
  Array.from({ length: seconds }, () => load);

/** The excerpts of the traces with their steepest rise. */
export const excerpts = (): readonly Load[] =>
  TRACES.map((trace) => ({ name: trace, perSecond: excerpt(traceOf(trace), EXCERPT_SECONDS) }));

/** Three times the load from one second to the next, and back. */
export const step: Load = {
  name: 'step',
  perSecond: [...constant(100, 60), ...constant(300, 120), ...constant(100, 120)],
};

/** The second seed's load tools: few requests that need much CPU, and after them the time to shrink. */
export const seedIntense: Load = {
  name: "the seed's 15/s",
  perSecond: [...constant(15, 500), ...constant(0, 600)],
};
/** Many requests to a service that answers at once. */
export const seedMany: Load = { name: "the seed's 5,000/s", perSecond: constant(5_000, 200) };
/** The same as one machine carries it beside everything else. */
export const seedManyReal: Load = { name: "the seed's 1,000/s", perSecond: constant(1_000, 200) };
