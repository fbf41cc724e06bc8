import type { Candidate, FleetFacts, Policy, Wish } from '../model.js';

/** A part of a node's score. The score is the sum of weight times value over the terms that apply. */
export interface Term {
  readonly name: string;
  /** Points for a value of 1; 100 is the whole range of the score. */
  readonly weight: number;
  /** The largest value of nodes that `gains` does not name; a node that cannot become the best one is not looked at. */
  most(facts: FleetFacts): number;
  /** The few nodes, by name, whose value may be larger. */
  gains?(facts: FleetFacts): Iterable<string>;
  /** Undefined where it does not apply, or what it needs is not known. */
  value(node: Candidate, wish: Wish, facts: FleetFacts, policy: Policy): number | undefined;
}
