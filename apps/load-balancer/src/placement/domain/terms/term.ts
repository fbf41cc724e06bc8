import type { Candidate, FleetFacts, Policy, Wish } from '../model.js';

/** A part of a node's score. The score is the sum of weight times value over the terms that apply. */
export interface Term {
  readonly name: string;
  /** Points for a value of 1; 100 is the whole range of the score. */
  readonly weight: number;
  /** The largest value that `value` may have; a node is not looked at when it cannot become the best one. */
  most(facts: FleetFacts): number;
  /** Undefined where it does not apply, or what it needs is not known. */
  value(node: Candidate, wish: Wish, facts: FleetFacts, policy: Policy): number | undefined;
}
