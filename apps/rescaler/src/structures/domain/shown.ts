import type { LimitBounds, ShownContainer, Structure, StructureKind } from '#libs/contracts';
import type { StoredContainer, StoredHost } from './host-state.js';
import type { LimitedResource, Resource } from './structure.js';
import { LIMITED, SHOWN, shownAmount } from './units.js';
import type { WantedLimits } from './wanted.js';
import { limitReasonText } from './words.js';

/** A container in the units of the API. Pure. */
export function shownContainer(stored: StoredContainer): ShownContainer {
  const { structure, isWanted, appId, service, because } = stored;
  const { id, host, guarded, policy, resources, cpuset } = structure;
  const shown = LIMITED.flatMap((resource) => {
    const state = resources[resource];
    if (state === undefined) return [];
    const amount = (value: number): number => shownAmount(resource, value);
    const { current, min, max, usage, guard } = state;
    return [
      [
        SHOWN[resource],
        {
          ...{ current: amount(current), guard: guard && guarded },
          ...(isWanted && guard && { min: amount(min), max: amount(max) }),
          ...(usage !== undefined && { usage: amount(usage) }),
        },
      ] as const,
    ];
  });
  const reasons = LIMITED.flatMap((resource) => {
    const explained = because[resource];
    return explained === undefined ? [] : [[SHOWN[resource], limitReasonText(explained)] as const];
  });
  return {
    ...{ id, host, guarded, resources: Object.fromEntries(shown) },
    ...(appId !== undefined && { appId }),
    ...(service !== undefined && { service }),
    ...(isWanted && { policy }),
    ...(cpuset !== undefined && { cpuset }),
    ...(reasons.length > 0 && { because: Object.fromEntries(reasons) }),
  };
}

/** Bounds in the units of the API. Pure. */
export const shownBounds = ({ bounds }: WantedLimits): LimitBounds =>
  Object.fromEntries(
    Object.entries(bounds).map(([resource, { min, max }]) => {
      const amount = (value: number): number => shownAmount(resource as LimitedResource, value);
      return [SHOWN[resource as LimitedResource], { min: amount(min), max: amount(max) }];
    }),
  );

/** A host with what it has and what is free there. Pure. */
export function shownHost({ host, containers }: StoredHost): Structure {
  const structures = containers.map(({ structure }) => structure);
  const resources = LIMITED.flatMap((resource) => {
    const has = host.resources[resource];
    if (has === undefined) return [];
    const amount = (value: number): number => shownAmount(resource, value);
    const { current, usage } = sumsOf(structures, resource);
    return [
      [
        SHOWN[resource],
        {
          ...{ max: amount(has.max), free: amount(has.max - current), current: amount(current) },
          usage: amount(usage),
        },
      ] as const,
    ];
  });
  return {
    ...{ kind: 'host', id: host.name, resources: Object.fromEntries(resources) },
    ...(host.cores && { cores: { ...host.cores } }),
    containers: containers.map(shownContainer),
  };
}

/** The sums of containers, which an application or a user has. Pure. */
export function shownSums(
  kind: StructureKind,
  id: string,
  containers: readonly StoredContainer[],
): Structure {
  const structures = containers.map(({ structure }) => structure);
  const resources = LIMITED.flatMap((resource) => {
    if (structures.every((one) => one.resources[resource] === undefined)) return [];
    const { current, usage } = sumsOf(structures, resource);
    return [
      [
        SHOWN[resource],
        { current: shownAmount(resource, current), usage: shownAmount(resource, usage) },
      ] as const,
    ];
  });
  return {
    ...{ kind, id, resources: Object.fromEntries(resources) },
    containers: containers.map(shownContainer),
  };
}

const sumsOf = (structures: readonly StoredContainer['structure'][], resource: Resource) =>
  structures.reduce(
    (sums, { resources }) => ({
      current: sums.current + (resources[resource]?.current ?? 0),
      usage: sums.usage + (resources[resource]?.usage ?? 0),
    }),
    { current: 0, usage: 0 },
  );
