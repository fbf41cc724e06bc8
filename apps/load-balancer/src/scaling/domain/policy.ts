/** Rules of one direction. */
export interface DirectionRules {
  /** Instances within a period; with `percent`, whichever of both lets more through. */
  readonly step: number;
  /** Of the count at the start of the period. */
  readonly percent: number;
  /** So long after a change none follows in this direction. */
  readonly cooldownMs: number;
  /** Out: the lowest recommendation of so long counts. In: the highest. */
  readonly stabilisationMs: number;
  /** A share: load that differs less from what is aimed at changes nothing. */
  readonly tolerance: number;
}

export interface ScoreThresholds {
  readonly high: number;
  readonly low: number;
  readonly critical: number;
}

/** What is aimed at, an instance. Several: the highest count wins. */
export interface Targets {
  readonly score?: ScoreThresholds | undefined;
  readonly cpu?: number | undefined;
  readonly memory?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
  readonly concurrency?: number | undefined;
  readonly p95Ms?: number | undefined;
  readonly kafkaLag?:
    { readonly group: string; readonly topic: string; readonly perInstance: number } | undefined;
  readonly prometheus?:
    { readonly url: string; readonly query: string; readonly perInstance: number } | undefined;
}

/** Bounds of their own from each start for so long. */
export interface Window {
  readonly cron: string;
  readonly timezone: string;
  readonly durationMs: number;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

export type PredictionMode = 'off' | 'advise' | 'on';

/** How a service is scaled; with its defaults filled in. */
export interface Policy {
  readonly min: number;
  readonly max: number;
  readonly targets: Targets;
  readonly windows: readonly Window[];
  readonly out: DirectionRules;
  readonly in: DirectionRules;
  readonly panic: { readonly percent: number; readonly windowMs: number };
  readonly idleMs?: number | undefined;
  readonly prediction: PredictionMode;
}

export interface Bounds {
  readonly min: number;
  readonly max: number;
  /** The cron of the window whose bounds these are. */
  readonly window?: string;
}

/**
 * The bounds now. Of several open windows the highest minimum and the highest maximum count: one that asks for more is
 * not overruled by one that asks for less. Pure.
 */
export function boundsOf({ min, max, windows }: Policy, isOpen: (window: Window) => boolean): Bounds {
  const open = windows.filter(isOpen);
  const [first] = open;
  if (first === undefined) return { min, max };
  const least = Math.max(...open.map((window) => window.min ?? min));
  const most = Math.max(...open.map((window) => window.max ?? max));
  return { min: least, max: Math.max(least, most), window: open.map(({ cron }) => cron).join('; ') };
}
