import type { ContainerStructure } from '../../structures/domain/structure.js';
import type { LimitWish } from '../../structures/domain/wish.js';
import type { Stage } from './billing.js';

/** Before what policies and the rebalancer wish. */
const PRIORITY = 2;

/** CPU of applications that owe too much is held at `min`; each look says so, so that no policy raises it. Pure. */
export const clampWishes = (
  containers: readonly ContainerStructure[],
  stageOf: (application: string) => Stage | undefined,
  now: number,
): readonly LimitWish[] =>
  containers.flatMap((container): readonly LimitWish[] => {
    const stage = stageOf(container.application);
    const { cpu } = container.resources;
    const isClamped = stage === 'clamped' || stage === 'stopped';
    if (!isClamped || cpu === undefined || !cpu.guard || !container.guarded) return [];
    const { current, usage, min, max } = cpu;
    return [
      {
        ...{
          structure: container.id,
          resource: 'cpu',
          target: min,
          field: 'current',
          priority: PRIORITY,
          at: now,
        },
        because: {
          ...{ resource: 'cpu', policy: 'budget', current, raw: min, target: min, constraint: 'budget' },
          ...{ bounds: { min, max }, by: `account ${stage}` },
          ...(usage !== undefined && { usage }),
        },
      },
    ];
  });
