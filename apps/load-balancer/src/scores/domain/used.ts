import type { ObservedInstance, ObservedNode } from '#libs/observations';

/** What an instance uses, in percent of what it may have; a figure that is not known is absent. */
export interface Used {
  /** Of its CPU limit, else of its node's cores. A little above 100 where the kernel lets it. */
  readonly cpuPercent?: number;
  /** Of its memory limit, else of its node's memory. */
  readonly memoryPercent?: number;
  /** Cores and bytes of its limits now; absent without one. */
  readonly cpuLimit?: number;
  readonly memoryLimit?: number;
  /** Of the line of its node: whatever fills that leaves no room for its answers. */
  readonly networkPercent?: number;
}

/** The limits are read some seconds after an instance starts. Until then nobody knows how much of them is in use. */
export function usedBy(
  { usage, details }: ObservedInstance,
  { sizes }: Pick<ObservedNode, 'sizes'>,
  networkPercent: number | undefined,
): Used | undefined {
  if (usage === null || details === undefined) return undefined;
  const { limits } = details;
  return {
    ...percentOf('cpuPercent', usage.cpu, limits.cpus ?? sizes?.cpus),
    ...percentOf('memoryPercent', usage.memoryBytes, limits.memoryBytes ?? sizes?.memoryBytes),
    ...(limits.cpus !== undefined && { cpuLimit: limits.cpus }),
    ...(limits.memoryBytes !== undefined && { memoryLimit: limits.memoryBytes }),
    ...(networkPercent !== undefined && { networkPercent }),
  };
}

const percentOf = (name: keyof Used, used: number, of: number | undefined): Used =>
  of === undefined || of <= 0 ? {} : { [name]: (used / of) * 100 };

/** What a line carries in its busier direction, and the most that it lately did. Bytes a second. */
export interface LineUse {
  readonly bytesPerSecond: number;
  readonly peak: number;
}

const BYTES_OF_MBIT = 125_000;
/** Of a line that nobody named. */
const USUAL_MBITS = 1_000;
/** What a peak is worth a second later; a twentieth of it is left after a minute, which a restart reads again. */
const PEAK_KEPT = 0.95;
/** A line that nobody named may carry twice of what it was seen to carry. */
const HEADROOM = 2;

export function nextLineUse(
  before: LineUse | undefined,
  { inBytesPerSecond, outBytesPerSecond }: NonNullable<ObservedNode['host']['network']>,
  seconds: number,
): LineUse {
  const bytesPerSecond = Math.max(inBytesPerSecond, outBytesPerSecond);
  return { bytesPerSecond, peak: Math.max(bytesPerSecond, (before?.peak ?? 0) * PEAK_KEPT ** seconds) };
}

/**
 * How full the line of a node is. No figure says how fast it is. Where the configuration names its speed, that is taken.
 * Else it is 1 Gbit/s, or twice the latest peak where that is more: a line whose speed is a guess is never full, as
 * scaling would follow an error otherwise.
 * @param namedMbits Mbit/s; undefined where the configuration names none
 */
export function linePercent({ bytesPerSecond, peak }: LineUse, namedMbits?: number): number {
  const most =
    namedMbits === undefined
      ? Math.max(USUAL_MBITS * BYTES_OF_MBIT, HEADROOM * peak)
      : namedMbits * BYTES_OF_MBIT;
  return Math.min(100, (bytesPerSecond / most) * 100);
}
