import { BEST_NODES } from './explanation.js';
import { factsOf } from './facts.js';
import { nextFreePort } from './filters/ports.js';
import type { Candidate, KnownOfService, Place, Placement, Policy, Wish } from './model.js';
import { firstRefusal, refusalsOf, refusalsOfAll, refusedNodes } from './refused.js';
import { answeredScore, pointsOf, scored } from './score.js';

export * from './model.js';

/** Given by name where points are equal, so that a replay agrees. */
export const byName = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

/** With the next free port; of a worker, none. */
export const placeOf = (node: Candidate, { needsPort }: Wish, points: number): Place => ({
  node: node.name,
  port: needsPort === false ? undefined : nextFreePort(node),
  score: answeredScore(points),
});

/**
 * The best node with its next free port, or what ruled out each. It asks every filter and every term of every node;
 * a `Fleet` comes to the same, and looks at few of them.
 */
export function place(
  wish: Wish,
  nodes: readonly Candidate[],
  { policy = 'spread', known }: { readonly policy?: Policy; readonly known?: KnownOfService } = {},
): Placement {
  const sorted = nodes.toSorted((a, b) => byName(a.name, b.name));
  const facts = factsOf(wish, sorted, known);
  const refused: (readonly [number, number])[] = [];
  const fitting = sorted.filter((node, index) => {
    const by = firstRefusal(node, wish, facts);
    if (by !== undefined) refused.push([index, by]);
    return by === undefined;
  });
  const ranked = fitting
    .map((node) => ({ node, points: pointsOf(node, wish, facts, policy) }))
    .sort((a, b) => b.points - a.points || byName(a.node.name, b.node.name));
  const explanation = {
    nodes: nodes.length,
    best: ranked.slice(0, BEST_NODES).map(({ node }) => scored(node, wish, facts, policy)),
    refused: refusedNodes(wish, refusalsOfAll(wish, sorted, refused).counted()),
  };
  const places = ranked.slice(0, BEST_NODES).map(({ node, points }) => placeOf(node, wish, points));
  const [place] = places;
  if (place !== undefined) return { explanation, place, places };
  return {
    explanation,
    refusals: refusalsOf(
      wish,
      refused.map(([index, by]) => [sorted[index]!, by]),
    ),
  };
}
