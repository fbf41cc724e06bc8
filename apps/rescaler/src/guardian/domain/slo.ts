/** Settings of policy `slo`. */
export interface SloSettings {
  /** Of the periods of a CPU limit, the share in which a container may be held back. */
  readonly throttledTarget: number;
  /** Seconds of usage that a limit is lowered by. */
  readonly historyMs: number;
  /** Percent of memory in use that is kept free above it. */
  readonly memoryMarginPercent: number;
  /** Memory goes down by no more than so many percent of itself at a time, */
  readonly memoryStepPercent: number;
  /** and so long after it changed last. */
  readonly memoryRestMs: number;
}

/** What policy `slo` remembers of a container; plain data. */
export interface SloState {
  /** How many standard deviations of usage are kept free above its maximum. */
  readonly margin: number;
  /** The last step down of CPU, until a second has shown that it did no harm. */
  readonly lastDown?: { readonly from: number; readonly to: number; readonly at: number };
  readonly decidedAt?: number;
  /** Of the sample seen last: more than that is a kill. */
  readonly oomKills?: number;
  readonly memoryChangedAt?: number;
}
