import { canaryCount } from '#libs/contracts';
import { canaryReleaseOf } from '../../services/domain/canary-task.js';
import { type ServiceSpec, wantedCount } from '../../services/domain/spec.js';
import type { RunningInstance, Slot, TaskEventOf } from '../../task/domain/task.events.js';
import type { TaskState } from '../../task/domain/task.state.js';

/** The instances of the wanted release, or those of the canary. */
interface Side {
  readonly isCanary: boolean;
  /** What its instances are to run; undefined where that is not known. */
  readonly release?: string;
  /** Instances; undefined: as many as run. */
  readonly wanted?: number;
  has(instance: RunningInstance): boolean;
}

/** What runs neither release belongs to the side of the wanted one. Pure. */
export function sidesOf(state: TaskState, after: ServiceSpec | undefined): readonly Side[] {
  const id = after?.canary?.release;
  const main: Side = {
    isCanary: false,
    ...(after && { release: after.release, wanted: wantedCount(after) }),
    has: ({ release }) => id === undefined || release.id !== id,
  };
  if (after === undefined || id === undefined) return [main];
  const canary: Side = {
    ...{ isCanary: true, release: id },
    // Of a release that is not known any more nothing can be started.
    ...(state.canary?.id === id && { wanted: canaryCount(after) }),
    has: ({ release }) => release.id === id,
  };
  return [main, canary];
}

/** Slots of a side. */
export const startedOn = ({ isCanary }: Side, slots: readonly Slot[]): readonly Slot[] =>
  isCanary ? slots.map((slot) => ({ ...slot, canary: true })) : slots;

/**
 * Starts what the canary lacks, then stops what it has too many of, and those of the canary before it. The instances of the
 * wanted release are left as they are. Pure.
 */
export function canaryPlan(
  state: TaskState,
  survey: readonly RunningInstance[],
  after: ServiceSpec | undefined,
): TaskEventOf<'PlanMade'>['data'] {
  const [before, id] = [state.spec?.canary?.release, canaryReleaseOf(state)];
  const isOwn = ({ release }: RunningInstance): boolean => release.id === id;
  const isFormer = ({ release }: RunningInstance): boolean =>
    release.id === before && before !== after?.canary?.release;
  const own = after?.canary?.release === id ? survey.filter(isOwn) : [];
  const alive = own.filter((instance) => instance.alive);
  const wanted = after === undefined ? 0 : canaryCount(after);
  const kept = alive.slice(0, wanted);
  const gone = new Set([...own.filter((one) => !kept.includes(one)), ...survey.filter(isFormer)]);
  return {
    slots: Array.from({ length: Math.max(0, wanted - kept.length) }, (_, ordinal) => ({
      ordinal,
      canary: true,
    })),
    surplus: [...gone].map(({ name, node, container }) => ({ name, node, container })),
    kept: survey.filter((instance) => !gone.has(instance)).map(({ name }) => name),
    notes: [],
  };
}
