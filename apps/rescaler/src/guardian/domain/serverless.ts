import type { Resource, ResourceState } from '../../structures/domain/structure.js';
import { amountOf, trimmed } from './amounts.js';
import type { Choice } from './choice.js';
import type { GuardSettings, Sample, ScalingEvent } from './guardian.js';
import type { Chain } from './limits.js';
import { holds } from './logic.js';
import type { RequestRule } from './rules.js';

/** The mean of a resource in the window that ended `delayMs` ago. Undefined: no sample of it there. */
export function windowUsage(
  samples: readonly Sample[],
  resource: Resource,
  { windowMs, delayMs }: Pick<GuardSettings, 'windowMs' | 'delayMs'>,
  now: number,
): number | undefined {
  const until = now - delayMs;
  let sum = 0;
  let count = 0;
  for (const { at, usage } of samples) {
    const value = usage[resource];
    if (value === undefined || at <= until - windowMs || at > until) continue;
    sum += value;
    count += 1;
  }
  return count === 0 ? undefined : sum / count;
}

interface RulesInput {
  readonly resource: Resource;
  readonly state: ResourceState;
  readonly chain: Chain;
  readonly usage: number;
  readonly events: readonly ScalingEvent[];
  readonly settings: GuardSettings;
  readonly now: number;
}

/**
 * One look of the rules at one resource: its usage makes an event, and the events of the window make a change. The first
 * rule that holds decides, and uses up the oldest events of its own direction.
 */
export function byRules(input: RulesInput): { choice: Choice; events: readonly ScalingEvent[] } {
  const { resource, state, chain, usage, settings, now } = input;
  const facts = { usage, max: state.max, min: state.min, current: state.current, ...chain };
  const events = [
    ...input.events.filter(
      (event) => event.resource === resource && event.at > now - settings.eventTimeoutMs,
    ),
    ...settings.rules.flatMap((rule) =>
      rule.kind === 'events' && rule.isActive && rule.resource === resource && holds(rule.when, facts)
        ? [{ resource, direction: rule.direction, at: now }]
        : [],
    ),
  ];
  const counts = { up: countOf(events, 'up'), down: countOf(events, 'down') };
  const rule = settings.rules.find(
    (each): each is RequestRule =>
      each.kind === 'requests' &&
      each.isActive &&
      each.resource === resource &&
      holds(each.when, { events: counts }),
  );
  if (rule === undefined)
    return { choice: { raw: state.current, constraint: events.length > 0 ? 'wait' : 'steady' }, events };
  const amount = amountOf(rule.by, state, usage, chain);
  const wanted = rule.direction === 'up' ? Math.max(amount, 0) : Math.min(amount, 0);
  const raw = state.current + (wanted < 0 ? trimmed(wanted, state, chain.lower) : wanted);
  return { choice: { raw, constraint: 'target', by: rule.name }, events: withoutUsed(events, rule) };
}

const countOf = (events: readonly ScalingEvent[], direction: 'up' | 'down'): number =>
  events.filter((event) => event.direction === direction).length;

function withoutUsed(
  events: readonly ScalingEvent[],
  { direction, eventsToRemove }: RequestRule,
): readonly ScalingEvent[] {
  let left = eventsToRemove;
  return events.filter((event) => {
    if (event.direction !== direction || left === 0) return true;
    left -= 1;
    return false;
  });
}
