import type { LimitsApplied, LimitsWanted, ShownLimit } from '#libs/contracts';
import { coresOf, type LimitedResource, sharesOf } from './structure.js';
import type { Limits } from './wish.js';

const MIB = 1_048_576;

/** The name of a limit in the API, by its resource. */
export const SHOWN: Readonly<Record<LimitedResource, ShownLimit>> = {
  cpu: 'cpu',
  memory: 'memoryMiB',
  diskRead: 'diskReadBytesPerSecond',
  diskWrite: 'diskWriteBytesPerSecond',
  network: 'networkBytesPerSecond',
};

export const LIMITED = Object.keys(SHOWN) as readonly LimitedResource[];

/** An amount of the API, in the units of structures. */
export function storedAmount(resource: LimitedResource, shown: number): number {
  if (resource === 'cpu') return sharesOf(shown);
  return Math.round(resource === 'memory' ? shown * MIB : shown);
}

/** An amount of structures, as the API shows it; memory to a tenth of a MiB. */
export function shownAmount(resource: LimitedResource, stored: number): number {
  if (resource === 'cpu') return coresOf(stored);
  return resource === 'memory' ? Math.round((stored / MIB) * 10) / 10 : stored;
}

/** By resource, in the units of structures. `null`: there is no limit. Absent: it is not known. */
export type KnownLimits = Readonly<Partial<Record<LimitedResource, number | null>>> & {
  readonly cpuset?: string | null;
};

/** What an agent read. */
export function knownLimits(applied: LimitsApplied): KnownLimits {
  const { cpus, cpuset, memoryBytes } = applied;
  const known = {
    cpu: typeof cpus === 'number' ? sharesOf(cpus) : cpus,
    ...{ memory: memoryBytes, diskRead: applied.diskReadBytesPerSecond },
    ...{ diskWrite: applied.diskWriteBytesPerSecond, network: applied.networkBytesPerSecond, cpuset },
  };
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

/** What an agent is asked for. */
export function wantedLimits({ cpu, cpuset, memory, diskRead, diskWrite, network }: Limits): LimitsWanted {
  return {
    ...(cpu !== undefined && { cpus: coresOf(cpu) }),
    ...(cpuset !== undefined && { cpuset }),
    ...(memory !== undefined && { memoryBytes: memory }),
    ...(diskRead !== undefined && { diskReadBytesPerSecond: diskRead }),
    ...(diskWrite !== undefined && { diskWriteBytesPerSecond: diskWrite }),
    ...(network !== undefined && { networkBytesPerSecond: network }),
  };
}
