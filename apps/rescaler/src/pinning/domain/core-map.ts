import type { Core, CoreMap } from '../../structures/domain/structure.js';
import { cpuListText, parseCpuList } from './cpu-list.js';

/** Shares of one hardware thread. */
export const FULL = 100;

/** Nothing is held; cores are given away in this order. */
export const emptyCoreMap = (order: readonly number[]): CoreMap => ({
  order,
  cores: Object.fromEntries(order.map((core) => [core, { free: FULL, held: {} }])),
});

export const freeShares = ({ cores }: CoreMap): number =>
  Object.values(cores).reduce((sum, { free }) => sum + free, 0);

export const heldShares = ({ cores }: CoreMap, container: string): number =>
  Object.values(cores).reduce((sum, { held }) => sum + (held[container] ?? 0), 0);

/** The cores on which a container holds something, in the order in which cores are given away. */
export const coresHeld = ({ order, cores }: CoreMap, container: string): readonly number[] =>
  order.filter((core) => (cores[core]?.held[container] ?? 0) > 0);

/** Its cpuset, as the kernel writes it. */
export const cpusetOf = (map: CoreMap, container: string): string => cpuListText(coresHeld(map, container));

/**
 * Gives a container more shares: first what is free on its own cores, then wholly free cores, then partly free ones.
 * Undefined: so many are not free.
 */
export function pinUp(map: CoreMap, container: string, amount: number): CoreMap | undefined {
  if (amount > freeShares(map)) return undefined;
  const core = (id: number): Core => map.cores[id] ?? { free: 0, held: {} };
  const own = new Set(coresHeld(map, container));
  const others = map.order.filter((id) => !own.has(id));
  const wholly = others.filter((id) => core(id).free === FULL);
  const partly = others.filter((id) => core(id).free < FULL);
  let left = amount;
  const cores = { ...map.cores };
  for (const id of [...map.order.filter((each) => own.has(each)), ...wholly, ...partly]) {
    const taken = Math.min(left, core(id).free);
    if (taken > 0) cores[id] = moved(core(id), container, taken);
    left -= taken;
  }
  return { ...map, cores };
}

/** Takes shares from a container: first where it holds the least; of equal cores the one that was given away last. */
export function pinDown(map: CoreMap, container: string, amount: number): CoreMap {
  const held = (id: number): number => map.cores[id]?.held[container] ?? 0;
  const own = [...coresHeld(map, container)].reverse().sort((a, b) => held(a) - held(b));
  let left = amount;
  const cores = { ...map.cores };
  for (const id of own) {
    const core = cores[id];
    const given = Math.min(left, held(id));
    if (core !== undefined && given > 0) cores[id] = moved(core, container, -given);
    left -= given;
  }
  return { ...map, cores };
}

function moved({ free, held }: Core, container: string, amount: number): Core {
  const { [container]: before = 0, ...others } = held;
  const after = before + amount;
  return { free: free - amount, held: after > 0 ? { ...others, [container]: after } : others };
}

/** So that a container holds this many shares. Undefined: so many are not free. */
export function pinnedTo(map: CoreMap, container: string, shares: number): CoreMap | undefined {
  const held = heldShares(map, container);
  return shares >= held ? pinUp(map, container, shares - held) : pinDown(map, container, held - shares);
}

/** What a container really has, as the agent read it back. */
export interface Pinned {
  readonly id: string;
  /** Shares of its CPU limit. */
  readonly shares: number;
  /** As the kernel writes it; absent: not known. */
  readonly cpuset?: string;
}

export interface CheckedCores {
  /** Every container in it holds the shares of its limit, and nobody else holds any. */
  readonly map: CoreMap;
  /** Containers whose cpuset is another one than the map says, with the one that it should be. */
  readonly repairs: readonly { readonly container: string; readonly cpuset: string }[];
  /** Containers for whose limit no shares are free: they stay where they are. */
  readonly unpinned: readonly string[];
}

/**
 * Compares the map with what the node really has. The map says where containers are, the kernel how much they have: shares
 * of containers that are gone become free, a limit that is another one is booked, and a wrong cpuset is to be written again.
 */
export function checkCores(map: CoreMap, containers: readonly Pinned[]): CheckedCores {
  const known = new Map(containers.map((container) => [container.id, container]));
  let checked = cleaned(map, known);
  const unpinned: string[] = [];
  const downFirst = [...containers].sort((a, b) => surplus(a) - surplus(b));
  for (const { id, shares } of downFirst) {
    const next = pinnedTo(checked, id, shares);
    if (next === undefined) unpinned.push(id);
    else checked = next;
  }
  const repairs = containers.flatMap(({ id, cpuset }) => {
    const wanted = cpusetOf(checked, id);
    const isRight =
      cpuset === undefined || wanted === '' || cpuListText(parseCpuList(cpuset) ?? []) === wanted;
    return isRight || unpinned.includes(id) ? [] : [{ container: id, cpuset: wanted }];
  });
  return { map: checked, repairs, unpinned };

  function surplus({ id, shares }: Pinned): number {
    return shares - heldShares(map, id);
  }
}

/** Without containers that are not there, and with `free` computed anew. A core holds no more than it has. */
function cleaned({ order, cores }: CoreMap, known: ReadonlyMap<string, Pinned>): CoreMap {
  const clean = (core: Core | undefined): Core => {
    let free = FULL;
    const held: Record<string, number> = {};
    for (const [container, shares] of Object.entries(core?.held ?? {})) {
      const kept = known.has(container) ? Math.min(Math.max(0, Math.trunc(shares)), free) : 0;
      if (kept > 0) held[container] = kept;
      free -= kept;
    }
    return { free, held };
  };
  return { order, cores: Object.fromEntries(order.map((id) => [id, clean(cores[id])])) };
}
