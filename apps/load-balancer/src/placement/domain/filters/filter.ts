import type { Candidate, FleetFacts, Wish } from '../model.js';

/** Rules a node out. Whether it does is asked of thousands of nodes, so texts are made apart from it. */
export interface Filter {
  readonly name: string;
  /**
   * `node`: depends on this node's reservations. `kind`: only on state, labels, zone and architecture, so nodes that are
   * alike there are asked once (Nomad's computed node class, scheduler/feasible.go).
   */
  readonly asks: 'kind' | 'node';
  /** Of one that asks each node and is on no quantity: whether the wish is any of its business. */
  concerns?(wish: Wish): boolean;
  refuses(node: Candidate, wish: Wish, facts: FleetFacts): boolean;
  /** For users, of a node that it refuses. */
  reason(node: Candidate, wish: Wish): string;
  /** Of a filter on a quantity: how much of it the node has free, and in which unit. */
  readonly quantity?: {
    /** For users, what needs it; left out: `needs`. */
    readonly what?: string;
    readonly unit: string;
    needed(wish: Wish, node: Candidate): number;
    free(node: Candidate): number;
  };
}

/** Sums of binary fractions: 0.1 + 0.2 fits into 0.3. */
export const EPSILON = 1e-9;

/** At most three decimals. */
export const short = (value: number): number => Number(value.toFixed(3));
