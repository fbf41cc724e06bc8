import type { RulesLogic } from 'json-logic-js';
import type { Resource } from '../../structures/domain/structure.js';

/** What a rule of events sees: `usage`, `max`, `min`, `current`, `upper`, `lower` of its resource. */
export interface EventRule {
  readonly name: string;
  readonly kind: 'events';
  readonly resource: Resource;
  /** JsonLogic (jsonlogic.com). */
  readonly when: RulesLogic;
  readonly direction: 'up' | 'down';
  readonly isActive: boolean;
}

/** How far a limit goes: by a fixed amount, by it times how far usage is above `upper`, or to where usage fits. */
export type AmountRule =
  { readonly kind: 'fixed' | 'proportional'; readonly amount: number } | { readonly kind: 'fit_to_usage' };

/** What a rule of requests sees: `events.up` and `events.down` of its resource in the window. */
export interface RequestRule {
  readonly name: string;
  readonly kind: 'requests';
  /** Whose events it counts, and whose limit it changes. */
  readonly resource: Resource;
  /** JsonLogic (jsonlogic.com). */
  readonly when: RulesLogic;
  /** Where the limit goes. */
  readonly direction: 'up' | 'down';
  readonly by: AmountRule;
  /** So many of the events of its own direction are used up, oldest first. */
  readonly eventsToRemove: number;
  readonly isActive: boolean;
}

export type Rule = EventRule | RequestRule;

/** How many units of a structure are one of the rule tables': MiB, MiB/s and Mbit/s there. */
export interface Units {
  readonly memory: number;
  readonly disk: number;
  readonly network: number;
}

/** Structures in bytes and bytes a second. */
export const BYTES: Units = { memory: 1_048_576, disk: 1_048_576, network: 125_000 };

const compare = (operator: '>' | '<', left: string, right: string): RulesLogic =>
  ({ [operator]: [{ var: left }, { var: right }] }) as unknown as RulesLogic;

/**
 * Usage is above `upper`; or `upper` is held up by `min`, and so near to `current` that usage could never be above it.
 * ServerlessContainers lets `upper` fall below `min` there.
 */
const pressed: RulesLogic = {
  or: [
    compare('>', 'usage', 'upper'),
    {
      and: [
        { '<=': [{ var: 'upper' }, { var: 'min' }] },
        { '>=': [{ var: 'usage' }, { '*': [0.95, { var: 'current' }] }] },
      ],
    },
  ],
};

const eventRule = (resource: Resource, direction: 'up' | 'down'): EventRule => ({
  name: `${resource}_${direction === 'up' ? 'exceeded_upper' : 'dropped_lower'}`,
  ...{ kind: 'events', resource, direction, isActive: true },
  when:
    direction === 'up'
      ? { and: [pressed, compare('<', 'upper', 'max'), compare('<', 'current', 'max')] }
      : { and: [compare('<', 'usage', 'lower'), compare('>', 'lower', 'min')] },
});

interface Counts {
  readonly up?: readonly ['>=' | '<=', number];
  readonly down?: readonly ['>=' | '<=', number];
}

/** `{up: ['>=', 2], down: ['<=', 2]}`: at least two events up, at most two down. */
function counted({ up, down }: Counts): RulesLogic {
  const conditions = [
    ...(up === undefined ? [] : [{ [up[0]]: [{ var: 'events.up' }, up[1]] }]),
    ...(down === undefined ? [] : [{ [down[0]]: [{ var: 'events.down' }, down[1]] }]),
  ];
  return { and: conditions } as unknown as RulesLogic;
}

function requestRule(
  name: string,
  resource: Resource,
  counts: Counts,
  eventsToRemove: number,
  by: AmountRule,
): RequestRule {
  const direction = name.endsWith('Up') ? 'up' : 'down';
  return {
    name,
    kind: 'requests',
    resource,
    when: counted(counts),
    direction,
    by,
    eventsToRemove,
    isActive: true,
  };
}

const fixed = (amount: number): AmountRule => ({ kind: 'fixed', amount });
const fit: AmountRule = { kind: 'fit_to_usage' };

/**
 * The rules that ServerlessContainers starts with, by their names there. Differences: usage of exactly 0 counts as below
 * `lower`; events that a rule uses up are those of its own direction; network has the rules of disks, with 100 Mbit/s.
 * Energy is missing: it is held by CPU (`budget/domain/power.ts`).
 */
export function rulesOf({ memory, disk, network }: Units): readonly Rule[] {
  const resources = ['cpu', 'memory', 'diskRead', 'diskWrite', 'network'] as const;
  return [
    ...resources.flatMap((resource) => [eventRule(resource, 'up'), eventRule(resource, 'down')]),
    requestRule('CpuRescaleUp', 'cpu', { up: ['>=', 2], down: ['<=', 2] }, 2, fixed(75)),
    requestRule('CpuRescaleDown', 'cpu', { up: ['<=', 0], down: ['>=', 6] }, 6, fit),
    requestRule('MemRescaleUp', 'memory', { up: ['>=', 2], down: ['<=', 6] }, 2, fixed(256 * memory)),
    requestRule('MemRescaleDown', 'memory', { up: ['<=', 0], down: ['>=', 8] }, 8, fit),
    requestRule('DiskReadRescaleUp', 'diskRead', { up: ['>=', 1] }, 1, fixed(450 * disk)),
    requestRule('DiskReadRescaleDown', 'diskRead', { down: ['>=', 6] }, 6, fit),
    requestRule('DiskWriteRescaleUp', 'diskWrite', { up: ['>=', 1] }, 1, fixed(450 * disk)),
    requestRule('DiskWriteRescaleDown', 'diskWrite', { down: ['>=', 6] }, 6, fit),
    requestRule('NetRescaleUp', 'network', { up: ['>=', 1] }, 1, fixed(100 * network)),
    requestRule('NetRescaleDown', 'network', { down: ['>=', 6] }, 6, fit),
  ];
}
