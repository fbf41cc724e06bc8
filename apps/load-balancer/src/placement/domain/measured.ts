import type { NodeState } from '#libs/contracts';
import { LayerSet } from './layer-set.js';
import type { Resources } from './resources.js';

const MIB = 1_048_576;
const GB = 1e9;
/**
 * What a pull has to leave free of a disk: a twentieth, and 2 GB at most. It has to be less than what the deployer leaves
 * free by removing images (RELEASE_RETENTION_DISK_PERCENT, 85 % used): a disk that is nearly that full would otherwise take
 * no image any more, and never get full enough for old ones to go.
 */
const DISK_MARGIN = { share: 0.05, mostBytes: 2 * GB };
/** The use of the last hour is that of the hour where so much of it was observed. */
const MOSTLY_SECONDS = 1_800;
/** The same of the last two minutes. */
const MOSTLY_SECONDS_OF_MINUTES = 60;

/** What the agent of a node measured. What is left out is not known, and never counted as zero. */
export interface Measured {
  /** The whole machine. */
  readonly machine?: Resources;
  /** Cores in use on the whole machine: the 95th percentile of the last hour. */
  readonly usedCpu?: number;
  /**
   * What does not belong to instances. CPU: the median, as CPU is shared and the engine's own work for a start is short; that
   * of the last two minutes where it is larger than that of the last hour, as a node may just have become busy. Memory: the
   * 95th percentile of the last hour, as memory cannot be shared.
   */
  readonly others?: Resources;
  /** Ports of the node's range at which something listens, instances too. */
  readonly listening?: ReadonlySet<number>;
  /** What images may take of the disk of its engine still. Unit: GB. */
  readonly freeDisk?: number;
  /** The layers of all of its images. */
  readonly layers?: LayerSet;
}

/** @param before what was measured there before: layers that are the same stay the same object */
export function measuredOf(
  { sizes, lastHour, lastMinutes, listeningPorts, diskFreeBytes, engine }: NodeState,
  before?: Measured,
): Measured {
  const freeDisk = freeDiskOf(sizes?.diskBytes, diskFreeBytes);
  const others = lastHour?.others;
  return {
    ...(sizes && { machine: { cpu: sizes.cpus, memoryMiB: Math.floor(sizes.memoryBytes / MIB) } }),
    ...(lastHour && lastHour.seconds >= MOSTLY_SECONDS && { usedCpu: lastHour.cpu.p95 }),
    ...(others && {
      others: {
        cpu: Math.max(others.cpu.p50, recentCpu(lastMinutes)),
        memoryMiB: Math.ceil(others.memoryBytes.p95 / MIB),
      },
    }),
    ...(listeningPorts && { listening: new Set(listeningPorts) }),
    ...(freeDisk !== undefined && { freeDisk }),
    ...(engine?.layers !== undefined && { layers: layersOf(engine.layers, before?.layers) }),
  };
}

const recentCpu = (minutes: NodeState['lastMinutes']): number =>
  minutes !== undefined && minutes.seconds >= MOSTLY_SECONDS_OF_MINUTES ? minutes.othersCpu.p50 : 0;

function freeDiskOf(allBytes: number | undefined, freeBytes: number | undefined): number | undefined {
  if (allBytes === undefined || freeBytes === undefined) return undefined;
  const margin = Math.min(DISK_MARGIN.share * allBytes, DISK_MARGIN.mostBytes);
  return Math.max(0, freeBytes - margin) / GB;
}

const layersOf = (names: string, before: LayerSet | undefined): LayerSet =>
  before?.names === names ? before : new LayerSet(names);
