import type { NodeDetails, RegistryInstance, RegistryServiceLine } from '#libs/contracts';
import type * as rows from '#libs/registry-client';

// Rows of the registry's views as the HTTP API answers them, in lists and in watches alike.

/** What a worker, or one that is not crashing, lacks is left out. */
export function instanceLine({
  name: instance,
  stateSince,
  stateReason,
  restarts,
  crashingSince,
  startedAt,
  reportedAt,
  port,
  url,
  accessToken: _,
  ...row
}: rows.RegistryInstance): RegistryInstance {
  return {
    instance,
    ...row,
    ...(port !== null && { port }),
    ...(url !== null && { url }),
    ...(crashingSince !== null && {
      crashing: { restarts: restarts ?? 0, since: crashingSince.toISOString() },
    }),
    since: stateSince.toISOString(),
    ...(stateReason !== null && { reason: stateReason }),
    startedAt: startedAt.toISOString(),
    reportedAt: reportedAt.toISOString(),
  };
}

export const serviceLine = ({
  reportedAt,
  routes,
  traffic,
  scaling,
  canary,
  ...row
}: rows.RegistryService): RegistryServiceLine => ({
  ...row,
  routes: routes && routes.map((route) => ({ ...route })),
  traffic: traffic && { ...traffic },
  scaling: scaling && { ...scaling },
  canary: canary && { ...canary },
  reportedAt: reportedAt.toISOString(),
});

/** What the view has of a node. `GET /v1/nodes/{name}` has more: its drain, what was reserved of it, its engine. */
export function nodeLine({
  enrolledAt,
  updatedAt: _,
  stateSince,
  stateReason,
  stateBy,
  socketPath,
  hostKeyType,
  jump,
  unenforced,
  labels,
  zone,
  allocatableCpus,
  allocatableMemoryBytes,
  ...row
}: rows.RegistryNode): NodeDetails {
  return {
    ...row,
    ...(socketPath !== null && { socketPath }),
    ...(hostKeyType !== null && { hostKeyType }),
    ...(jump !== null && { jump: { ...jump } }),
    unenforced: [...unenforced],
    stateSince: stateSince.toISOString(),
    ...(stateReason !== null && { stateReason }),
    ...(stateBy !== null && { stateBy }),
    labels: { ...labels },
    ...(zone !== null && { zone }),
    allocatable: { cpus: allocatableCpus, memoryBytes: allocatableMemoryBytes },
    enrolledAt: enrolledAt.toISOString(),
  };
}
