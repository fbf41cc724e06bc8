import type { LeaseTable } from './domain/share.js';
import type { Verdict } from '../liveness/domain/verdict.js';

/** A node that this replica watches. */
export interface HeldNode {
  readonly node: string;
  readonly fence: number;
  /** Changes whenever something of its record does: address, login. */
  readonly version: string;
  /** Of whoever held it last; undefined where nobody ever found out. */
  readonly verdict: Verdict | undefined;
}

/** A renewal: what the table holds, and what of it is this replica's until `LEASE_MS` after it asked. */
export interface Renewal extends LeaseTable {
  readonly held: readonly HeldNode[];
}

/** The leases of nodes in the database, by its clock. A holder is one process. */
export interface Leases {
  /** Renews this replica's life and all of its leases, and reads the rest, in one statement. */
  renew(): Promise<Renewal>;
  /** Those of the nodes that were still to be had; each with a fence higher than any before. */
  take(nodes: readonly string[]): Promise<readonly string[]>;
  give(nodes: readonly string[]): Promise<void>;
  /** Forgets nodes that were removed and that nobody holds. */
  forget(nodes: readonly string[]): Promise<void>;
  /** Gives all back, and ends this replica's life. */
  end(): Promise<void>;
}

/** What is done to the nodes that are held. */
export interface Watching {
  /** Exactly these from now on; those that are not among them have stopped when it returns. */
  hold(nodes: readonly HeldNode[]): void;
  /** Says that a node is gone for good. */
  removed(node: string): Promise<void>;
}
