import type { WantedService } from './wanted.js';

/** What has a backend of its own: a service, or the part of it that gets a share of the requests. */
export interface Side extends Omit<WantedService, 'canary'> {
  /** Unique among all; ids of services have no space. */
  readonly owner: string;
  /** Of a canary: its share of the requests. */
  readonly percent?: number;
}

/** Whose a backend is. */
export const ownerOf = (service: string, isCanary: boolean): string =>
  isCanary ? `${service} canary` : service;

/** The sides of a service: the canary is one of its own as long as it has servers. Pure. */
export function sidesOf({ canary, ...service }: WantedService): readonly Side[] {
  const { id, servers, cache } = service;
  const tried = servers.filter(({ isCanary }) => isCanary === true);
  if (canary === undefined || tried.length === 0) return [{ ...service, owner: ownerOf(id, false) }];
  const others = servers.filter((one) => !tried.includes(one));
  return [
    { ...service, servers: others, owner: ownerOf(id, false) },
    {
      ...service,
      ...{ servers: tried, owner: ownerOf(id, true), percent: canary.percent },
      // The service waits for an instance, whichever it is.
      isAwaited: service.isAwaited === false ? false : undefined,
      ...(cache && { cache: canary.cache ?? cache }),
    },
  ];
}
