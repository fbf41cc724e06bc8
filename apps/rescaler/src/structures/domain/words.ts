import type { Resource } from './structure.js';
import type { Constraint, Explanation } from './wish.js';

const MIB = 1_048_576;
const rounded = (value: number): string => String(Number(value.toPrecision(3)));
const mib = (bytes: number): string => `${rounded(bytes / MIB)} MiB`;

/** A value of a structure in the units of people: shares as cores, bytes as MiB. */
export function amountText(resource: Resource, value: number): string {
  switch (resource) {
    case 'cpu':
      return `${rounded(value / 100)} cores`;
    case 'memory':
      return mib(value);
    case 'diskRead':
    case 'diskWrite':
    case 'network':
      return `${mib(value)}/s`;
    case 'energy':
      return `${rounded(value)} W`;
  }
}

const because: Readonly<Record<Constraint, (explanation: Explanation) => string>> = {
  steady: () => 'as much as is needed',
  target: () => '',
  min: ({ resource, raw, bounds }) =>
    `${amountText(resource, raw)} would do, at least ${amountText(resource, bounds.min)}`,
  max: ({ resource, raw, bounds }) =>
    `${amountText(resource, raw)} would be needed, at most ${amountText(resource, bounds.max)}`,
  host: ({ resource, raw }) => `${amountText(resource, raw)} would be needed, and the node has no more free`,
  'working-set': ({ resource, raw }) => `${amountText(resource, raw)} would do, but more is in use`,
  guard: () => 'not guarded',
  fixed: () => 'policy fixed: limits stay',
  advise: () => 'policy advise: nothing is changed',
  missing: () => 'no figure, so nothing is changed',
  wait: () => 'nothing is decided yet: too few seconds or events',
  pair: () => 'the other half of the swap was not possible',
  older: () => 'another wish for the same limit counts',
  budget: () => 'held by the budget',
};

/** One line: `cpu 0.5 -> 0.75 cores; CpuRescaleUp; 0.49 cores in use, upper 0.45 cores`. Pure. */
export function limitReasonText(explanation: Explanation): string {
  const { resource, current, target, constraint, usage, upper, by } = explanation;
  const to = amountText(resource, target);
  const change = current === target ? to : `${amountText(resource, current)} -> ${to}`;
  const used = usage === undefined ? '' : `${amountText(resource, usage)} in use`;
  const limit = upper === undefined || usage === undefined ? '' : `, upper ${amountText(resource, upper)}`;
  return [`${resource} ${change}`, by ?? '', because[constraint](explanation), used + limit]
    .filter((text) => text !== '')
    .join('; ');
}
