/** A release that gets a part of a service's requests, by instances beside those of the wanted release. */
export interface Canary {
  readonly release: string;
  /** Its share of the requests, 1 to 99. */
  readonly percent: number;
  /** Instances, where somebody said how many; otherwise its share of the count. */
  readonly count?: number;
}
