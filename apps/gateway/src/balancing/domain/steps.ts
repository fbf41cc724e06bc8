/** Changes that are smaller are noise: of 5 or of a sixth. */
const BAND = { least: 5, share: 1 / 6 } as const;
const FALL = 1 / 2;
const RISE = 3 / 2;

/**
 * The weight that is next on the way to the one that should be. Small differences change nothing, so that weights do not
 * flap. A weight halves at once and rises by half, so that one bad moment does not empty an instance.
 */
export function nextWeight(weight: number, wanted: number): number {
  if (Math.abs(wanted - weight) <= Math.max(BAND.least, weight * BAND.share) && wanted > 1) return weight;
  return wanted < weight
    ? Math.max(wanted, Math.floor(weight * FALL))
    : Math.min(wanted, Math.ceil(weight * RISE) + 1);
}
