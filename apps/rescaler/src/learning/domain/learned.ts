/** What instances of a service used lately. Cores, and bytes. */
export interface UsedLately {
  /** Ten seconds of one instance each. */
  readonly spans: number;
  /** Of 95 % of these, the most cores. */
  readonly cpu: number | null;
  /** The most. */
  readonly memory: number | null;
}

export interface StartingLimits {
  readonly cpu: number;
  readonly memoryMiB: number;
}

/** Ten minutes of one instance: less says little of the load. */
const LEAST_SPANS = 60;
/** Kept free above what was used: Kubernetes' VPA recommends 15 % more than it saw. */
const MARGIN = 1.15;
const MIB = 1_048_576;
/** A smaller difference is not worth a revision of the spec. */
const WORTHWHILE = 0.1;

/** With what new instances should start; undefined where that is not known yet. Pure. */
export function learnedLimits({ spans, cpu, memory }: UsedLately): StartingLimits | undefined {
  if (spans < LEAST_SPANS || cpu === null || memory === null) return undefined;
  return {
    cpu: Math.max(0.01, Math.ceil(cpu * MARGIN * 100) / 100),
    memoryMiB: Math.max(6, Math.ceil((memory * MARGIN) / MIB)),
  };
}

/** Whether it is different enough from what was told last. Pure. */
export const isWorthTelling = (before: StartingLimits | undefined, now: StartingLimits): boolean =>
  before === undefined ||
  Math.abs(now.cpu - before.cpu) > WORTHWHILE * before.cpu ||
  Math.abs(now.memoryMiB - before.memoryMiB) > WORTHWHILE * before.memoryMiB;
