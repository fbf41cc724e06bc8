import { median } from './median.js';
import { errorShareOf, type Watched } from './watched.js';

/** Where the instance in the middle fails so often, another try fails as well. */
const OFF = 0.3;
const ON = 0.1;
/** Less is no proof. */
const LEAST_ENDED = 10;

/**
 * Whether to send failed requests of a service to another instance is of use. It is not where most instances fail: then each
 * request would come several times, to a service that has trouble anyway. `before` is what was said last.
 */
export function retriesHelp(before: boolean, all: readonly Watched[]): boolean {
  const asked = all.filter(({ ended }) => ended >= 1);
  const share = median(asked.map(errorShareOf)) ?? 0;
  if (!before) return share <= ON;
  const ended = asked.reduce((sum, one) => sum + one.ended, 0);
  return ended < LEAST_ENDED || share < OFF;
}
