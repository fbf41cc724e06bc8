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

/** Bytes since some start of counting: boot, or the start of a container. */
export interface DiskIo {
  readonly readBytes: number;
  readonly writtenBytes: number;
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
  /** By disk (`major:minor`), without partitions and without what is stacked upon disks. */
  readonly diskIo: ReadonlyMap<string, DiskIo>;
  /** By network interface, without loopback, those of containers, and those that stand on others. */
  readonly network: ReadonlyMap<string, Traffic>;
}

/** What each look reads of one container. */
export interface ContainerCounters {
  /** Its first process. Where it is another one, the counters began anew. */
  readonly pid: number;
  readonly cpuSeconds: number;
  /** Periods of its CPU limit, and those in which it was held back; left out where it never had a limit. */
  readonly periods?: { readonly all: number; readonly throttled: number; readonly throttledSeconds: number };
  /** Without the inactive part of its file cache, which the kernel gives back when others need it. */
  readonly memoryBytes: number;
  /** The most cores that it used within 100 ms since the look before; left out where nobody asked for it. */
  readonly cpuPeak?: number;
  /** Times that the kernel killed a process in it for want of memory; left out where the kernel does not count them. */
  readonly oomKills?: number;
}

/** What a slow look reads besides. What the kernel does not count is left out. */
export interface ContainerDetails {
  /** By disk, of the same ones as of the host; a disk that it never used may lack. */
  readonly diskIo?: ReadonlyMap<string, DiskIo>;
  /** By network interface but loopback; left out where it has no network of its own. */
  readonly network?: ReadonlyMap<string, Traffic>;
  readonly processes?: number;
  /** As the kernel holds them now; a limit is left out where there is none. */
  readonly limits: {
    readonly cpus?: number;
    readonly memoryBytes?: number;
    readonly cpuset?: string;
    readonly diskReadBytesPerSecond?: number;
    readonly diskWriteBytesPerSecond?: number;
  };
}

/** One answer of a node. Everything in it was read within it: nothing is carried over from a look before. */
export interface Look {
  /** Which look of its channel it answers; from 1 on. */
  readonly sequence: number;
  /** Of the node's start: what was counted before another one does not compare. */
  readonly bootId: string;
  /** The node's own monotonic time when it began to read, in milliseconds since its boot. */
  readonly uptimeMs: number;
  /** From that time on until all was read. */
  readonly tookMs: number;
  readonly host: HostCounters;
  /** By the whole id. One that could not be read whole is not there. */
  readonly containers: ReadonlyMap<string, ContainerCounters>;
  /** In slow looks only. */
  readonly details?: ReadonlyMap<string, ContainerDetails>;
  /** In slow looks only: room on the file system of the engine's data. */
  readonly disk?: { readonly totalBytes: number; readonly freeBytes: number };
  /** In slow looks only: the node's wall clock; to the second where its `date` knows no parts of one. */
  readonly wallClockMs?: number;
}
