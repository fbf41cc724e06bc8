import {
  type ApplicationStructure,
  type ContainerStructure,
  RESOURCES,
  type Resource,
  type ResourceState,
  type Resources,
  type UserStructure,
} from '../../structures/domain/structure.js';

/** What the running members of a structure have together. */
export interface Aggregate {
  readonly current: number;
  /** Absent where a running member has no figure: a sum without it would look like idleness. */
  readonly usage?: number;
  /** How many running members have a figure, of how many. */
  readonly known: number;
  readonly members: number;
}

type Part = Pick<ResourceState, 'current' | 'usage'>;

function aggregateOf(parts: readonly Part[]): Aggregate {
  const figures = parts.flatMap(({ usage }) => usage ?? []);
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  const isKnown = figures.length === parts.length;
  return {
    current: sum(parts.map(({ current }) => current)),
    ...(isKnown && { usage: sum(figures) }),
    ...{ known: figures.length, members: parts.length },
  };
}

/** What containers of one application have together, each resource that one of them has. */
export function aggregateContainers(
  containers: readonly ContainerStructure[],
): Readonly<Partial<Record<Resource, Aggregate>>> {
  const running = containers.filter(({ isRunning }) => isRunning);
  return Object.fromEntries(
    RESOURCES.flatMap((resource) => {
      const parts = running.flatMap(({ resources }) => resources[resource] ?? []);
      return parts.length === 0 ? [] : [[resource, aggregateOf(parts)] as const];
    }),
  );
}

/** Applications with `current` and `usage` of their running containers; one that has none keeps 0 and uses nothing. */
export function refedApplications(
  applications: readonly ApplicationStructure[],
  containers: readonly ContainerStructure[],
): readonly ApplicationStructure[] {
  const byApplication = Map.groupBy(containers, ({ application }) => application);
  return applications.map((application) => {
    const own = byApplication.get(application.id) ?? [];
    const isRunning = own.some((container) => container.isRunning);
    const state = isRunning ? ('running' as const) : ('stopped' as const);
    const aggregates = aggregateContainers(own);
    return { ...application, state, resources: refed(application.resources, (name) => aggregates[name]) };
  });
}

/** Users with the sums of their applications, which were refed before. */
export function refedUsers(
  users: readonly UserStructure[],
  applications: readonly ApplicationStructure[],
): readonly UserStructure[] {
  return users.map((user) => {
    const own = applications.filter(({ id, state }) => user.applications.includes(id) && state === 'running');
    const partsOf = (name: Resource): readonly Part[] =>
      own.flatMap(({ resources }) => resources[name] ?? []);
    return { ...user, resources: refed(user.resources, (name) => aggregateOf(partsOf(name))) };
  });
}

function refed(resources: Resources, aggregate: (resource: Resource) => Aggregate | undefined): Resources {
  const entries = RESOURCES.flatMap((resource) => {
    const state = resources[resource];
    if (state === undefined) return [];
    const { usage: _, ...bounds } = state;
    const { current, usage } = aggregate(resource) ?? { current: 0, usage: 0 };
    return [[resource, { ...bounds, current, ...(usage !== undefined && { usage }) }] as const];
  });
  return Object.fromEntries(entries);
}
