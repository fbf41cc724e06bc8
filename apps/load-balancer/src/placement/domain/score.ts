import type { ScoredNode } from './explanation.js';
import type { Candidate, FleetFacts, Policy, Wish } from './model.js';
import { terms } from './terms.js';

const rounded = (points: number): number => Math.round(points * 1_000) / 1_000;

/** The sum of the terms of a node. */
export function pointsOf(node: Candidate, wish: Wish, facts: FleetFacts, policy: Policy): number {
  let points = 0;
  for (const term of terms) points += term.weight * (term.value(node, wish, facts, policy) ?? 0);
  return points;
}

/** The same with its parts, to three decimals. */
export function scored(node: Candidate, wish: Wish, facts: FleetFacts, policy: Policy): ScoredNode {
  const parts = terms.flatMap((term): (readonly [string, number])[] => {
    const value = term.value(node, wish, facts, policy);
    return value === undefined ? [] : [[term.name, rounded(term.weight * value)]];
  });
  return {
    node: node.name,
    points: rounded(pointsOf(node, wish, facts, policy)),
    terms: Object.fromEntries(parts),
  };
}

/** As answers carry it: 0 to 100 with one decimal. */
export const answeredScore = (points: number): number =>
  Math.min(100, Math.max(0, Math.round(points * 10) / 10));
