/** What a spec says of how many instances there are to be. */
interface Counted {
  readonly state: 'running' | 'stopped';
  readonly count: number;
  readonly canary?: {
    /** Its share of the requests, 1 to 99. */
    readonly percent: number;
    /** Instances, where somebody said how many; otherwise its share of the count. */
    readonly count?: number;
  };
}

/**
 * How many instances of the canary should run now: none where the service itself runs none, since the canary would get all
 * requests then. Pure.
 */
export function canaryCount({ state, count, canary }: Counted): number {
  if (canary === undefined || state === 'stopped' || count === 0) return 0;
  return canary.count ?? Math.max(1, Math.ceil((count * canary.percent) / 100));
}
