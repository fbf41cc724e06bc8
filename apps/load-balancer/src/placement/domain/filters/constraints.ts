import type { Candidate, Wish } from '../model.js';
import type { Filter } from './filter.js';

/** The value of a constraint's key on a node. */
function valueOf({ zone, labels = {} }: Candidate, key: string): string | undefined {
  if (key === 'zone') return zone;
  return Object.hasOwn(labels, key) ? labels[key] : undefined;
}

/** `key=value`: the node has it. `key!=value`: it does not, or has no such key (Swarm: node.labels.key == value). */
function holds(node: Candidate, constraint: string): boolean {
  const at = constraint.indexOf('=');
  const negated = constraint[at - 1] === '!';
  const key = constraint.slice(0, negated ? at - 1 : at);
  return (valueOf(node, key) === constraint.slice(at + 1)) !== negated;
}

const broken = (node: Candidate, { placement }: Wish): string | undefined =>
  placement?.constraints?.find((constraint) => !holds(node, constraint));

/** All constraints of the service hold of the node's labels and zone. */
export const constraints: Filter = {
  name: 'constraints',
  asks: 'kind',
  refuses: (node, wish) => wish.placement?.constraints !== undefined && broken(node, wish) !== undefined,
  reason: (node, wish) => `does not meet the constraint ${broken(node, wish)}`,
};
