import { type FeedEntry, knownTraffic } from '#libs/contracts';
import type { PictureChange, PictureInstance, PictureService } from '../domain/picture.js';

type FeedService = NonNullable<FeedEntry['service']>;

/** Kinds that this gateway does not know are none. */
export function pictureChanges(entries: readonly FeedEntry[]): readonly PictureChange[] {
  return entries.flatMap((entry): readonly PictureChange[] => {
    const { kind, name, service } = entry;
    if (kind === 'service') return [{ kind, id: name, service: service && serviceOf(service) }];
    if (kind === 'instance') return [{ kind, name, instance: instanceOf(entry) }];
    return [];
  });
}

export const servicesOf = (entries: readonly FeedEntry[]): readonly PictureService[] =>
  entries.flatMap(({ kind, service }) =>
    kind === 'service' && service !== undefined ? [serviceOf(service)] : [],
  );

export const instancesOf = (entries: readonly FeedEntry[]): readonly PictureInstance[] =>
  entries.flatMap((entry) => (entry.kind === 'instance' ? (instanceOf(entry) ?? []) : []));

const serviceOf = ({
  appId,
  service,
  isWanted,
  routes = [],
  traffic,
  canary,
}: FeedService): PictureService => ({
  ...{ appId, service, routes, traffic: knownTraffic(traffic) },
  ...(isWanted !== undefined && { isWanted }),
  ...(canary && { canary }),
});

const instanceOf = ({ name, instance }: FeedEntry): PictureInstance | undefined =>
  instance && { name, release: '', ...instance };
