import type { Fleet } from '../../placement/domain/fleet.js';
import type { Candidate, Resources } from '../../placement/domain/model.js';
import { freeCpu, freeMemory, takenByOthers } from '../../placement/domain/room.js';

/** How a fleet stands. Only ready nodes count, but for `nodes`. */
export interface FleetFigures {
  readonly nodes: number;
  readonly ready: number;
  /** Those with an instance. */
  readonly used: number;
  /** The node of which the largest share is taken; none where no node is ready. */
  readonly worst?: LoadedNode;
  /** For each size, how many more instances of it alone find room. */
  readonly room: readonly RoomFor[];
}

export interface LoadedNode {
  readonly node: string;
  /** Of what instances may have, what is reserved or used by others: 0 to 1, and above where others use more. */
  readonly cpuShare: number;
  readonly memoryShare: number;
}

export interface RoomFor extends Resources {
  readonly instances: number;
}

/** So many sizes are asked about. */
const USUAL_SIZES = 3;
/** As in filters: sums of fractions of a core. */
const EPSILON = 1e-9;

/** The sizes that most instances of the fleet have, and those given, each once. */
export function sizesOf(fleet: Fleet, more: readonly Resources[] = []): readonly Resources[] {
  const all = [...more, ...fleet.usualSizes(USUAL_SIZES)];
  const keys = all.map(({ cpu, memoryMiB }) => `${cpu}/${memoryMiB}`);
  return all.filter((_, index) => keys.indexOf(keys[index] ?? '') === index);
}

/** Pure. */
export function figuresOf(fleet: Fleet, sizes: readonly Resources[]): FleetFigures {
  const nodes = fleet.names.flatMap((name) => fleet.get(name) ?? []);
  const ready = nodes.filter(({ state }) => state === 'ready');
  const worst = ready.map(loadOf).sort((a, b) => shareOf(b) - shareOf(a) || (a.node < b.node ? -1 : 1))[0];
  return {
    ...{ nodes: nodes.length, ready: ready.length },
    used: ready.filter(({ instances }) => instances.size > 0).length,
    ...(worst !== undefined && { worst }),
    room: sizes.map(({ cpu, memoryMiB }) => ({
      ...{ cpu, memoryMiB },
      instances: ready.reduce((sum, node) => sum + roomOn(node, { cpu, memoryMiB }), 0),
    })),
  };
}

const shareOf = ({ cpuShare, memoryShare }: LoadedNode): number => Math.max(cpuShare, memoryShare);

/** What is reserved, and what others use. */
function loadOf(node: Candidate): LoadedNode {
  const { name, total, reserved } = node;
  const share = (kind: keyof Resources): number =>
    (reserved[kind] + (takenByOthers(node, kind) ?? 0)) / total[kind];
  return { node: name, cpuShare: share('cpu'), memoryShare: share('memoryMiB') };
}

function roomOn(node: Candidate, size: Resources): number {
  const times = (free: number, one: number): number => Math.floor((free + EPSILON) / one);
  const ports = node.lastPort - node.firstPort + 1 - node.takenPorts.size;
  return Math.max(
    0,
    Math.min(times(freeCpu(node), size.cpu), times(freeMemory(node), size.memoryMiB), ports),
  );
}
