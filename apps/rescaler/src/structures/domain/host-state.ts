import type { ContainerStructure, HostStructure, Resource } from './structure.js';
import type { Explanation } from './wish.js';

export interface StoredContainer {
  readonly structure: ContainerStructure;
  readonly appId?: string;
  readonly service?: string;
  /** Nobody asked to have it rescaled where it is false. */
  readonly isWanted: boolean;
  /** What was last decided, by resource. */
  readonly because: Readonly<Partial<Record<Resource, Explanation>>>;
}

/** A host as its holder sees it, in the units of structures. */
export interface StoredHost {
  readonly host: HostStructure;
  readonly containers: readonly StoredContainer[];
}
