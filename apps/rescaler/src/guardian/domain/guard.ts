import { RESOURCES, type Resource, type ResourceState } from '../../structures/domain/structure.js';
import type { Explanation, LimitWish } from '../../structures/domain/wish.js';
import type { Choice } from './choice.js';
import type { GuardInput, GuardResult, GuardState, ScalingEvent } from './guardian.js';
import { headroom } from './headroom.js';
import { chainOf } from './limits.js';
import { byRules, windowUsage } from './serverless.js';
import { sloCpu, type SloState } from './slo.js';

/**
 * After a kill for want of memory the limit rises at once, by the larger of a fifth and 100 MiB: Kubernetes' VPA does the
 * same (`oom-bump-up-ratio`, `oom-min-bump-up-bytes`).
 */
const KILLED = { factor: 1.2, leastBytes: 104_857_600 } as const;

export const initialGuardState: GuardState = { events: [] };

/** A look under way: what each resource adds to the state. */
interface Look extends GuardInput {
  readonly isKilled: boolean;
  /** Whether the rules look now. */
  readonly isDue: boolean;
  slo: SloState;
  readonly events: ScalingEvent[];
}

/**
 * What the limits of a container should be, by its policy. A resource without figures is left alone, and so is one that is
 * not guarded. Of memory nothing is taken that is in use.
 */
export function guardContainer(input: GuardInput): GuardResult {
  const { container, samples, state, settings, now } = input;
  const kills = samples.at(-1)?.oomKills;
  const look: Look = {
    ...input,
    isKilled: kills !== undefined && state.oomKills !== undefined && kills > state.oomKills,
    isDue: state.lookedAt === undefined || now - state.lookedAt >= settings.lookEveryMs,
    slo: state.slo ?? { margin: settings.slo.startMargin },
    events: [],
  };
  const wishes: LimitWish[] = [];
  const explanations: Explanation[] = [];
  for (const resource of RESOURCES) {
    const own = container.resources[resource];
    if (own === undefined) continue;
    const because = explained(look, resource, own);
    explanations.push(because);
    if (because.target !== own.current) wishes.push(wishOf(look, because));
  }
  const isAdvice = container.policy === 'advise';
  const advice = isAdvice ? wishes : [];
  return { wishes: isAdvice ? [] : wishes, advice, explanations, state: stateAfter(look, kills) };
}

function stateAfter({ container, state, slo, events, isDue, now }: Look, kills?: number): GuardState {
  const isByRules = container.policy === 'serverless';
  const lookedAt = isByRules && isDue ? now : state.lookedAt;
  const seen = kills ?? state.oomKills;
  return {
    events: isByRules ? (isDue ? events : state.events) : [],
    ...(lookedAt !== undefined && { lookedAt }),
    ...(container.policy !== 'serverless' && container.policy !== 'fixed' && { slo }),
    ...(seen !== undefined && { oomKills: seen }),
  };
}

const wishOf = ({ container, now }: Look, because: Explanation): LimitWish => ({
  structure: container.id,
  ...{ resource: because.resource, target: because.target, field: 'current', priority: 0, at: now, because },
});

function explained(look: Look, resource: Resource, own: ResourceState): Explanation {
  const { container, settings, samples, now } = look;
  const { upper, lower } = chainOf(own);
  const usage =
    container.policy === 'serverless'
      ? windowUsage(samples, resource, settings, now)
      : samples.at(-1)?.usage[resource];
  const choice = chosen(look, resource, own, usage);
  const base = {
    ...{ resource, policy: container.policy, current: own.current, upper, lower },
    ...(usage !== undefined && { usage }),
    bounds: { min: own.min, max: own.max },
    ...(choice.by !== undefined && { by: choice.by }),
  };
  return { ...base, ...bounded(choice, own, memoryInUse(look, resource)) };
}

/** The last figure of memory counts, not a mean: what is in use cannot be taken. */
function memoryInUse({ samples }: Look, resource: Resource): number {
  return resource === 'memory' ? (samples.at(-1)?.usage.memory ?? 0) : 0;
}

const LEFT_ALONE = new Set(['missing', 'guard', 'fixed', 'budget']);

function bounded(
  { raw, constraint }: Choice,
  { min, max, current }: ResourceState,
  inUse: number,
): Pick<Explanation, 'raw' | 'target' | 'constraint'> {
  if (LEFT_ALONE.has(constraint)) return { raw, target: current, constraint };
  if (raw > max) return { raw, target: max, constraint: 'max' };
  if (raw < current && raw < inUse)
    return { raw, target: Math.min(current, Math.ceil(inUse)), constraint: 'working-set' };
  if (raw < min) return { raw, target: min, constraint: 'min' };
  return { raw, target: raw, constraint };
}

function chosen(look: Look, resource: Resource, own: ResourceState, usage: number | undefined): Choice {
  const { container, samples, now, settings } = look;
  const stay = (constraint: Choice['constraint']): Choice => ({ raw: own.current, constraint });
  if (!container.guarded || !own.guard || !container.isRunning) return stay('guard');
  if (container.policy === 'fixed') return stay('fixed');
  if (resource === 'memory' && look.isKilled) {
    const raw = Math.ceil(Math.max(own.current * KILLED.factor, own.current + KILLED.leastBytes));
    return { raw, constraint: 'target', by: 'killed for want of memory' };
  }
  // Power is held by CPU, by `budget/`.
  if (resource === 'energy') return stay('budget');
  if (container.policy === 'serverless') return ruled(look, resource, own, usage);
  if (resource === 'cpu') {
    const result = sloCpu({ cpu: own, samples, state: look.slo, settings: settings.slo, now });
    look.slo = result.state;
    return result.choice;
  }
  const choice = headroom(resource, own, samples, settings.slo.headroom, look.slo.loweredAt?.[resource], now);
  if (choice.raw < own.current)
    look.slo = { ...look.slo, loweredAt: { ...look.slo.loweredAt, [resource]: now } };
  return choice;
}

function ruled(look: Look, resource: Resource, own: ResourceState, usage: number | undefined): Choice {
  if (!look.isDue) return { raw: own.current, constraint: 'wait' };
  const kept = look.state.events.filter((event) => event.resource === resource);
  if (usage === undefined) {
    look.events.push(...kept);
    return { raw: own.current, constraint: 'missing' };
  }
  const { settings, now } = look;
  const facts = { resource, state: own, chain: chainOf(own), usage, settings, now };
  const { choice, events } = byRules({ ...facts, events: kept });
  look.events.push(...events);
  return choice;
}
