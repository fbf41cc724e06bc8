/** Why a node was chosen, or why none was. Small whatever the size of the fleet, so that it can be stored. */
export interface Explanation {
  /** How many nodes were weighed. */
  readonly nodes: number;
  /** The best nodes with the points of each term, best first. */
  readonly best: readonly ScoredNode[];
  /** By filter, in the order in which filters are asked; a node counts for the first that refuses it. */
  readonly refused: readonly RefusedNodes[];
  /** What was asked to make room for it while it waited. */
  readonly evicted?: readonly EvictedInstance[];
}

/** An instance that was asked to make room for another one. */
export interface EvictedInstance {
  readonly instance: string;
  readonly appId: string;
  readonly service: string;
  readonly priority: number;
  readonly node: string;
}

export interface ScoredNode {
  readonly node: string;
  /** The sum of the terms. */
  readonly points: number;
  /** By the term's name; a term that does not apply is left out. */
  readonly terms: Readonly<Record<string, number>>;
}

export interface RefusedNodes {
  readonly filter: string;
  readonly nodes: number;
  /** What is missing, such as `needs 2 cores, best free 1.4 on node-3`. */
  readonly missing: string;
  /** The node that came closest. */
  readonly closest: string;
  /** Of a filter on a quantity alone. */
  readonly quantity?: MissingQuantity;
}

export type MissingQuantity = {
  /** `cores`, `MiB`, `ports` or `GB`. */
  readonly unit: string;
  readonly needed: number;
  /** On the node that came closest. */
  readonly free: number;
};

/** How many nodes an explanation scores. */
export const BEST_NODES = 3;
