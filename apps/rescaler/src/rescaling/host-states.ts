import type { StoredContainer, StoredHost } from '../structures/domain/host-state.js';
import type { AppliedLimits } from '../snapshoter/domain/applied-limits.js';
import type { KnownHost } from './domain/known-host.js';

/** A host as others are told of it. Pure. */
export function storedHost(
  { structure, containers, explained, owners, wanted }: KnownHost,
  applied: Pick<AppliedLimits, 'of'>,
): StoredHost {
  return {
    host: structure,
    containers: containers.map((container): StoredContainer => {
      const owner = owners.get(container.id);
      const cpuset = applied.of(container.id)?.cpuset;
      return {
        ...{ structure: container, isWanted: wanted.has(container.id), ...owner },
        ...(typeof cpuset === 'string' && { cpuset }),
        because: Object.fromEntries(
          explained
            .filter((one) => one.container === container.id)
            .map(({ because }) => [because.resource, because]),
        ),
      };
    }),
  };
}
