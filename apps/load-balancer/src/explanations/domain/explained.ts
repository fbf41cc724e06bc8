import type { ExplainedPlacement, NodeRequest } from '#libs/contracts';
import { type Asked, askedOf } from '../../placement/domain/asked.js';
import type { Explanation, ScoredNode } from '../../placement/domain/explanation.js';
import { terms as allTerms } from '../../placement/domain/terms.js';

/** What is kept of an answer in one value: small, since there is one for every answer. */
export interface KeptExplanation extends Omit<Explanation, 'best'> {
  /** Without the layers of the image, which would be most of it. */
  readonly asked: Omit<Asked, 'imageLayers'>;
  readonly best: readonly KeptNode[];
}

interface KeptNode extends Omit<ScoredNode, 'terms'> {
  /** In the order of the table: jsonb forgets the order of members. The weights of a version stay with its answers. */
  readonly terms: readonly (readonly [name: string, points: number, weight: number])[];
}

const weights = new Map(allTerms.map(({ name, weight }) => [name, weight]));

/** What is kept of an answer to a node request. Pure. */
export function keptExplanation(request: NodeRequest, explanation: Explanation): KeptExplanation {
  const { nodes, best, refused, evicted } = explanation;
  const { imageLayers: _most, ...asked } = askedOf(request);
  return {
    ...{ asked, nodes },
    best: best.map(({ terms, ...node }) => ({
      ...node,
      terms: Object.entries(terms).map(([name, points]) => [name, points, weights.get(name) ?? 1] as const),
    })),
    refused,
    ...(evicted !== undefined && { evicted }),
  };
}

const rounded = (value: number): number => Math.round(value * 1e6) / 1e6;

/** The same as the HTTP API answers it. */
export function explainedAs({
  asked,
  nodes,
  best,
  refused,
  evicted,
}: KeptExplanation): Pick<ExplainedPlacement, 'asked' | 'nodes' | 'best' | 'refused' | 'evicted'> {
  return {
    ...{ asked, nodes },
    best: best.map(({ terms, ...node }) => ({
      ...node,
      terms: terms.map(([name, points, weight]) => ({
        ...{ name, value: rounded(points / weight), weight, points },
      })),
    })),
    refused: refused.map((of) => ({ ...of })),
    ...(evicted !== undefined && { evicted: evicted.map((of) => ({ ...of })) }),
  };
}
