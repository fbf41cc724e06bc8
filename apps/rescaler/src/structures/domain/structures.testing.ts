import type { ContainerStructure, HostStructure, Resource, ResourceState } from './structure.js';
import type { LimitWish } from './wish.js';

export const stateOf = (own: Partial<ResourceState> = {}): ResourceState => ({
  ...{ max: 200, min: 50, current: 140, guard: true, boundary: 10, boundaryOf: 'max' },
  ...own,
});

type Own = Partial<Omit<ContainerStructure, 'resources'>> & {
  readonly resources?: Partial<Record<Resource, Partial<ResourceState>>>;
};

export const containerOf = (id: string, { resources = {}, ...own }: Own = {}): ContainerStructure => ({
  ...{ id, host: 'host-1', application: 'shop', isRunning: true, guarded: true, policy: 'serverless' },
  ...own,
  resources: Object.fromEntries(
    Object.entries(resources).map(([resource, state]) => [resource, stateOf(state)]),
  ),
});

export const hostOf = (own: Partial<HostStructure> = {}): HostStructure => ({
  name: 'host-1',
  resources: { cpu: { max: 800, free: 0 }, memory: { max: 65_536, free: 0 } },
  ...own,
});

export const wishOf = (
  structure: string,
  resource: Resource,
  target: number,
  own: Partial<LimitWish> = {},
): LimitWish => ({
  ...{ structure, resource, target, field: 'current', priority: 0, at: 0 },
  because: {
    ...{ resource, policy: 'serverless', current: 0, raw: target, target, constraint: 'target' },
    bounds: { min: 0, max: target },
  },
  ...own,
});
