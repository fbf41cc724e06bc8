import type { InstanceScore } from './instance-score.js';

/** What scaling wants to know of an instance. */
export interface InstanceUse {
  /** Percent of its limit. */
  readonly cpuPercent?: number;
  readonly memoryPercent?: number;
  /** Cores and bytes of its limits now. */
  readonly cpuLimit?: number;
  readonly memoryLimit?: number;
  /** `lowest`: the lower one of CPU and availability. */
  readonly score: { readonly overall: number; readonly lowest: number };
}

/** Nothing of an instance that has just started: its first seconds say little of the load. */
export function useOf(score: InstanceScore | undefined): InstanceUse | undefined {
  if (score === undefined || score.state === 'INIT') return undefined;
  const { used, overall, cpu = overall, availability = cpu } = score;
  return { ...used, score: { overall, lowest: Math.min(cpu, availability) } };
}
