import type { WatchChange, WatchedKind, WatchSnapshot } from '#libs/contracts';

/** What a client wants to know of; all where a member is left out. */
export interface WatchFilter {
  readonly kind?: WatchedKind;
  readonly appId?: string;
  readonly service?: string;
  /** The node itself, and the instances on it. */
  readonly node?: string;
}

/** Members that a thing lacks are asked of no filter: services are on no node, and nodes of no application. */
interface Thing {
  readonly kind: WatchedKind;
  readonly appId?: string;
  readonly service?: string;
  readonly node?: string;
}

/** A thing that lacks a member which the filter names is not wanted. Pure. */
function isWanted(thing: Thing, filter: WatchFilter): boolean {
  const names = ['kind', 'appId', 'service', 'node'] as const;
  return names.every((name) => filter[name] === undefined || filter[name] === thing[name]);
}

/** The part of a snapshot that the filter names. Pure. */
export function watchedSnapshot(snapshot: WatchSnapshot, filter: WatchFilter): WatchSnapshot {
  const { nodes, services, instances } = snapshot;
  return {
    ...snapshot,
    nodes: nodes.filter(({ name: node }) => isWanted({ kind: 'node', node }, filter)),
    services: services.filter(({ appId, service }) => isWanted({ kind: 'service', appId, service }, filter)),
    instances: instances.filter(({ appId, service, node }) =>
      isWanted({ kind: 'instance', appId, service, node }, filter),
    ),
  };
}

/**
 * Whether the filter names what changed. Of an instance that was removed only its name is known, so its removal counts
 * for all who watch instances. Pure.
 */
export function isWatched(change: WatchChange, filter: WatchFilter): boolean {
  const { kind, name, instance } = change;
  switch (kind) {
    case 'node':
      return isWanted({ kind, node: name }, filter);
    case 'service': {
      const [appId, service] = name.split('/');
      return isWanted({ kind, appId, service }, filter);
    }
    case 'instance':
      if (instance === undefined) return isWanted({ kind }, { kind: filter.kind });
      return isWanted(
        { kind, appId: instance.appId, service: instance.service, node: instance.node },
        filter,
      );
  }
}
