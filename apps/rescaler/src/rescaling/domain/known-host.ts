import type { ContainerStructure, HostStructure } from '../../structures/domain/structure.js';
import type { Explained } from './look.js';

/** Whose container it is; of what is none of Slipway's there is none. */
export interface Owner {
  readonly appId: string;
  readonly service: string;
}

/** A host as the replica that decides for it knows it. */
export interface KnownHost {
  readonly structure: HostStructure;
  readonly containers: readonly ContainerStructure[];
  /** What was last explained, by container and resource. */
  readonly explained: readonly Explained[];
  /** By container; those that are none of Slipway's have none. */
  readonly owners: ReadonlyMap<string, Owner>;
  /** Those that are to be rescaled. */
  readonly wanted: ReadonlySet<string>;
  /** By container: the share of periods in which it was held back; those that have a figure. */
  readonly throttled: ReadonlyMap<string, number>;
  /** Of the lease. */
  readonly fence: number;
}
