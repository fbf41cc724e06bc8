import type { LimitedResource } from '../../structures/domain/structure.js';
import { shownAmount } from '../../structures/domain/units.js';
import type { Constraint, Explanation } from '../../structures/domain/wish.js';

const UNITS: Readonly<Record<string, string>> = { cpu: ' cores', memory: ' MiB', energy: ' W' };

const amount = (resource: Explanation['resource'], value: number): string => {
  const shown = resource === 'energy' ? value : shownAmount(resource as LimitedResource, value);
  const rounded = resource === 'cpu' ? Math.round(shown * 100) / 100 : Math.round(shown);
  return `${rounded}${UNITS[resource] ?? ' B/s'}`;
};

const WORDS: Readonly<Record<Constraint, string>> = {
  steady: 'nothing calls for a change',
  target: 'by its policy',
  min: 'as little as its bounds allow',
  max: 'as much as its bounds allow',
  host: 'as much as its node has free',
  'working-set': 'its memory is in use',
  guard: 'nobody lets it be changed',
  fixed: 'its policy leaves it as it is',
  advise: 'its policy only says what it would change',
  missing: 'a figure is missing',
  wait: 'what was seen does not suffice yet',
  pair: 'the other half of the swap is not possible',
  older: 'something else was asked for the same limit',
  budget: 'its budget does not allow it',
};

/** One line, for people: `0.25 cores -> 0.5 cores (0.24 in use): by its policy, slo`. Pure. */
export function reasonText({
  resource,
  current,
  target,
  usage,
  constraint,
  policy,
  by,
}: Explanation): string {
  const change =
    current === target
      ? `stays at ${amount(resource, current)}`
      : `${amount(resource, current)} -> ${amount(resource, target)}`;
  const used = usage === undefined ? '' : ` (${amount(resource, usage)} in use)`;
  const decided = by === undefined ? policy : `${policy}, ${by}`;
  return `${change}${used}: ${WORDS[constraint]} [${decided}]`;
}
