/**
 * `INIT`: measured for a few seconds only, which are the work of its start. `LU`, `MU` and `HU`: low, medium and high
 * utilisation. `SUNDOWN`: it is drained.
 */
export const scoreStates = ['INIT', 'LU', 'MU', 'HU', 'SUNDOWN'] as const;
export type ScoreState = (typeof scoreStates)[number];

/** How much room one instance has: 100 is idle, 0 is saturated. A part that is not known is absent. */
export interface InstanceScore {
  readonly instance: string;
  readonly appId: string;
  readonly service: string;
  readonly node: string;
  /** The id of its container. */
  readonly container: string;
  readonly cpu?: number;
  readonly memory?: number;
  /** Of the line of its node. */
  readonly network?: number;
  /** Of the time that answers take; absent where no gateway measured it lately. */
  readonly availability?: number;
  readonly overall: number;
  readonly state: ScoreState;
  /** Percent of its limits; of the node where it has none; absent where neither is known. Smoothed as the score is. */
  readonly used: {
    readonly cpuPercent?: number;
    readonly memoryPercent?: number;
    /** Cores and bytes of its limits now. */
    readonly cpuLimit?: number;
    readonly memoryLimit?: number;
  };
  /** When it was measured, in milliseconds since 1970, by the database's clock. */
  readonly at: number;
}
