import { type FeedEntry, scalesToZero } from '#libs/contracts';
import type { RegistryChange, RegistrySnapshot } from './changes.js';
import type { RegistryInstance, RegistryService } from './rows.js';

/** What the registry says of one thing, as far as it matters for traffic. */
export interface TrafficChange {
  readonly revision: number;
  readonly entry: FeedEntry;
}

/** All that matters for traffic. */
export const trafficEntries = ({
  services,
  instances,
}: Pick<RegistrySnapshot, 'services' | 'instances'>): readonly FeedEntry[] => [
  ...services.map((service) => serviceEntry(`${service.appId}/${service.service}`, service)),
  ...instances.map((instance) => instanceEntry(instance.name, instance)).filter(({ instance }) => instance),
];

/** Of changes that do not matter for traffic, none. */
export const trafficChanges = (changes: readonly RegistryChange[]): readonly TrafficChange[] =>
  changes.flatMap((change) => {
    const entry = entryOf(change);
    return entry === undefined ? [] : [{ revision: change.revision, entry }];
  });

function entryOf(change: RegistryChange): FeedEntry | undefined {
  switch (change.kind) {
    case 'node':
      return undefined;
    case 'service':
      return serviceEntry(change.name, change.service);
    case 'instance':
      return instanceEntry(change.name, change.instance);
  }
}

function serviceEntry(name: string, row: RegistryService | undefined): FeedEntry {
  return {
    ...{ kind: 'service', name },
    ...(row && { service: serviceOf(row) }),
  };
}

const serviceOf = ({
  appId,
  service,
  wantedState,
  wanted,
  routes,
  traffic,
  scaling,
  canary,
}: RegistryService): FeedEntry['service'] => ({
  ...{ appId, service },
  ...(wantedState !== null && {
    isWanted: wantedState === 'running' && (wanted !== 0 || isWoken(scaling)),
  }),
  ...(routes !== null && routes.length > 0 && { routes: [...routes] }),
  ...(traffic !== null && { traffic }),
  ...(canary !== null && { canary: { release: canary.release, percent: canary.percent } }),
});

/** It has no instance while no request comes: those that come are held until one runs. */
const isWoken = (scaling: RegistryService['scaling']): boolean => scaling !== null && scalesToZero(scaling);

/** One that is neither running nor draining is as one that was removed. */
function instanceEntry(name: string, row: RegistryInstance | undefined): FeedEntry {
  const state = row?.state;
  if (row === undefined || (state !== 'running' && state !== 'draining')) return { kind: 'instance', name };
  const { appId, service, release, ip: address, port } = row;
  return { kind: 'instance', name, instance: { appId, service, state, release, address, port } };
}
