import type { ContainerStructure, CoreMap } from '../structures/domain/structure.js';
import { emptyCoreMap } from './domain/core-map.js';
import { type CoreOrder, coreOrder } from './domain/core-orders.js';
import { parseCpuList } from './domain/cpu-list.js';

interface Pinning {
  /** Absent: nobody has said that containers are pinned there. */
  readonly order?: CoreOrder;
  /** As it was after the last plan. */
  readonly known?: CoreMap;
  /** How many CPUs the host has; absent: not known. */
  readonly cpus?: number;
  readonly containers: readonly ContainerStructure[];
}

/**
 * The core map of a host. Its CPUs are those that containers may use before they are pinned; until they are as many as the
 * host has, nothing is pinned. Which of them are threads of one core nobody tells, so each counts as a core. Pure.
 */
export function coreMapOf({ order, known, cpus, containers }: Pinning): CoreMap | undefined {
  if (order === undefined) return undefined;
  if (known !== undefined) return known;
  const seen = new Set(containers.flatMap(({ cpuset = '' }) => parseCpuList(cpuset) ?? []));
  if (cpus === undefined || seen.size !== cpus) return undefined;
  const cores = [...seen].map((id) => ({ core: id, threads: [id] }));
  return emptyCoreMap(coreOrder(order, [{ socket: 0, cores }]));
}
