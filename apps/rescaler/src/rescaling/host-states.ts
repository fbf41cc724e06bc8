import type { StoredContainer, StoredHost } from '../structures/domain/host-state.js';
import type { KnownHost } from './domain/known-host.js';

/** A host as others are told of it. Pure. */
export const storedHost = ({ structure, containers, explained, owners, wanted }: KnownHost): StoredHost => ({
  host: structure,
  containers: containers.map((container): StoredContainer => ({
    ...{ structure: container, isWanted: wanted.has(container.id), ...owners.get(container.id) },
    because: Object.fromEntries(
      explained
        .filter((one) => one.container === container.id)
        .map(({ because }) => [because.resource, because]),
    ),
  })),
});
