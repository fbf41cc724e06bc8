import type { NodeState } from '#libs/contracts';
import type { Resources } from './resources.js';

const MIB = 1_048_576;
/** The use of the last hour is that of the hour where so much of it was observed. */
const MOSTLY_SECONDS = 1_800;

/** What the agent of a node measured. What is left out is not known, and never counted as zero. */
export interface Measured {
  /** The whole machine. */
  readonly machine?: Resources;
  /** Cores in use on the whole machine: the 95th percentile of the last hour. */
  readonly usedCpu?: number;
  /**
   * What does not belong to instances. CPU: the median of the last hour, as CPU is shared and the engine's own work for a
   * start is short. Memory: the 95th percentile, as memory cannot be shared.
   */
  readonly others?: Resources;
  /** Ports of the node's range at which something listens, instances too. */
  readonly listening?: ReadonlySet<number>;
}

export function measuredOf({ sizes, lastHour, listeningPorts }: NodeState): Measured {
  const others = lastHour?.others;
  return {
    ...(sizes && { machine: { cpu: sizes.cpus, memoryMiB: Math.floor(sizes.memoryBytes / MIB) } }),
    ...(lastHour && lastHour.seconds >= MOSTLY_SECONDS && { usedCpu: lastHour.cpu.p95 }),
    ...(others && { others: { cpu: others.cpu.p50, memoryMiB: Math.ceil(others.memoryBytes.p95 / MIB) } }),
    ...(listeningPorts && { listening: new Set(listeningPorts) }),
  };
}
