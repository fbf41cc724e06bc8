/** CPU time since boot, in seconds, summed over all CPUs. */
export interface CpuTimes {
  readonly user: number;
  readonly nice: number;
  readonly system: number;
  readonly idle: number;
  readonly iowait: number;
  readonly irq: number;
  readonly softirq: number;
  readonly steal: number;
}

/** Bytes that went through since some start of counting: boot, or the start of a container. */
export interface Traffic {
  readonly inBytes: number;
  readonly outBytes: number;
}

/** What a look reads of the machine itself. */
export interface HostCounters {
  readonly cpu: CpuTimes;
  readonly cpus: number;
  /** Average number of processes that ran or waited, over one minute. */
  readonly load1: number;
  /** Share of the last 10 s in which some process waited for it, 0 to 100; left out where the kernel does not say. */
  readonly pressure?: { readonly cpu: number; readonly memory: number; readonly io: number };
  readonly memory: {
    readonly totalBytes: number;
    readonly availableBytes: number;
    readonly swapTotalBytes: number;
    readonly swapFreeBytes: number;
  };
  /** Of disks, without their partitions. */
  readonly diskIo: { readonly readBytes: number; readonly writtenBytes: number };
  /** Of network interfaces other than loopback and those of containers. */
  readonly network: Traffic;
}

/** What each look reads of one container. */
export interface ContainerCounters {
  readonly cpuSeconds: number;
  /** Periods of its CPU limit, and those in which it was held back; left out without a limit. */
  readonly periods?: { readonly all: number; readonly throttled: number; readonly throttledSeconds: number };
  /** Without the inactive part of its file cache, which the kernel gives back when others need it. */
  readonly memoryBytes: number;
  /** Times that the kernel killed a process in it for want of memory. */
  readonly oomKills: number;
}

/** What a slow look reads besides. */
export interface ContainerDetails {
  readonly diskIo: { readonly readBytes: number; readonly writtenBytes: number };
  readonly network: Traffic;
  readonly processes: number;
  /** As the kernel holds them now; a limit is left out where there is none. */
  readonly limits: { readonly cpus?: number; readonly memoryBytes?: number; readonly cpuset: string };
}

/** One answer of a node. Everything in it was read within it: nothing is carried over from a look before. */
export interface Look {
  /** Which look of its channel it answers; from 1 on. */
  readonly sequence: number;
  /** The node's own monotonic time when it began to read, in milliseconds since its boot. */
  readonly uptimeMs: number;
  readonly host: HostCounters;
  /** By the whole id. One that could not be read whole is not there. */
  readonly containers: ReadonlyMap<string, ContainerCounters>;
  /** In slow looks only. */
  readonly details?: ReadonlyMap<string, ContainerDetails>;
  /** In slow looks only: room on the file system of the engine's data. */
  readonly disk?: { readonly totalBytes: number; readonly freeBytes: number };
  /** In slow looks only: the node's wall clock. */
  readonly wallClockMs?: number;
}
