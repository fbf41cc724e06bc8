import type { Resource, ResourceState } from '../../structures/domain/structure.js';
import type { Choice } from './choice.js';
import type { Sample } from './sample.js';
import type { HeadroomSettings } from './slo.js';

/** Less than this part of a limit is not worth a step down. */
const WORTHWHILE = 0.9;

/**
 * A limit above the most that was used in the samples: at once on the way up, in steps with a rest on the way down, so that
 * the kernel can give pages back and say what it could not. For resources that tell nothing of being held back.
 */
export function headroom(
  resource: Resource,
  { current }: ResourceState,
  samples: readonly Sample[],
  settings: HeadroomSettings,
  loweredAt: number | undefined,
  now: number,
): Choice {
  const used = samples.flatMap(({ usage }) => usage[resource] ?? []);
  const last = samples.at(-1)?.usage[resource];
  if (last === undefined) return { raw: current, constraint: 'missing' };
  const isMemory = resource === 'memory';
  const free = 1 + settings.freePercent / 100;
  const wanted = Math.ceil(Math.max(...used) * free);
  // Half of the room is used up: of memory more is needed before an allocation fails.
  if (last * (1 + settings.freePercent / 200) > current)
    return { raw: Math.max(wanted, current), constraint: 'target', by: isMemory ? 'working set' : 'in use' };
  if (wanted > WORTHWHILE * current) return { raw: current, constraint: 'steady' };
  if (loweredAt !== undefined && now - loweredAt < settings.restMs)
    return { raw: current, constraint: 'wait' };
  const step = Math.ceil(current * (1 - settings.stepPercent / 100));
  return { raw: Math.max(wanted, step), constraint: 'target', by: 'most of the last minute' };
}
