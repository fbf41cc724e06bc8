/** A load that rises and falls, as of a day in two minutes. */
export interface Wave {
  /** Requests a second at its lowest and its highest. */
  readonly least: number;
  readonly most: number;
  readonly periodMs: number;
}

/** Requests a second so long after the start: lowest then, highest after half a period. */
export function rateOf({ least, most, periodMs }: Wave, ms: number): number {
  const share = (1 - Math.cos((2 * Math.PI * ms) / periodMs)) / 2;
  return least + (most - least) * share;
}
