import type { InstanceFigures } from './figures.js';
import type { Policy } from './policy.js';

const MIB = 1_048_576;

/**
 * What an instance uses, of the most that its limits may become. Limits that follow use are always close to it, so a share of
 * them says nothing of the load. Limits go up first, while an instance is below its bounds; then there are more instances.
 * Pure.
 */
export function ofReach(figures: InstanceFigures, vertical: Policy['vertical']): InstanceFigures {
  if (vertical === undefined || vertical.policy === 'fixed' || vertical.policy === 'advise') return figures;
  const { cpu, memoryMiB } = vertical;
  const { cpuPercent, memoryPercent, cpuLimit, memoryLimit } = figures;
  return {
    ...figures,
    ...(cpu && { cpuPercent: shareOf(cpuPercent, cpuLimit, cpu.max) }),
    ...(memoryMiB && { memoryPercent: shareOf(memoryPercent, memoryLimit, memoryMiB.max * MIB) }),
  };
}

/** A limit that is not known makes the share unknown, too. */
const shareOf = (percent: number | undefined, limit: number | undefined, most: number): number | undefined =>
  percent === undefined || limit === undefined ? undefined : (percent * limit) / most;
