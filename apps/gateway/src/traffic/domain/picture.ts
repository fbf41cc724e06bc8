import type { TrafficSettings } from '#libs/contracts';

interface OfService {
  readonly appId: string;
  readonly service: string;
}

/** A service that the registry knows. */
export interface PictureService extends OfService {
  /** Instances of it should run, or should not; left out where nobody has said. */
  readonly isWanted?: boolean;
  /** Where it is reached beside its own address. */
  readonly routes?: readonly PictureRoute[];
  /** How its requests are treated. */
  readonly traffic?: TrafficSettings;
  /** A release that gets a part of its requests. */
  readonly canary?: { readonly release: string; readonly percent: number };
}

export interface PictureRoute {
  readonly host: string;
  readonly path: string;
  readonly strip?: boolean;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

export interface PictureInstance extends OfService {
  readonly name: string;
  readonly release: string;
  /** Of its node: an IP address or a host name. */
  readonly address: string;
  /** Null of a worker, which nobody connects to. */
  readonly port: number | null;
  /** Only one that is running or draining can have requests. */
  readonly state: string;
}

/** What runs where, at one revision of the registry. */
export interface Picture {
  readonly revision: number;
  /** By `idOf`. */
  readonly services: ReadonlyMap<string, PictureService>;
  /** Those that are running or draining, by their names. */
  readonly instances: ReadonlyMap<string, PictureInstance>;
}

/** What a thing is now; without it where it was removed. */
export type PictureChange =
  | { readonly kind: 'service'; readonly id: string; readonly service?: PictureService }
  | { readonly kind: 'instance'; readonly name: string; readonly instance?: PictureInstance };

export const idOf = ({ appId, service }: OfService): string => `${appId}/${service}`;

/** Of what `idOf` gives. */
export function partsOf(id: string): { readonly appId: string; readonly service: string } {
  const [appId = '', service = ''] = id.split('/');
  return { appId, service };
}

const isLive = ({ state }: PictureInstance): boolean => state === 'running' || state === 'draining';

export function pictureOf(
  revision: number,
  services: readonly PictureService[],
  instances: readonly PictureInstance[],
): Picture {
  return {
    revision,
    services: new Map(services.map((service) => [idOf(service), service])),
    instances: new Map(instances.filter(isLive).map((instance) => [instance.name, instance])),
  };
}

/** The instances that get no more requests, but may have some in flight. */
export const drainingOf = ({ instances }: Picture): readonly string[] =>
  [...instances.values()].filter(({ state }) => state === 'draining').map(({ name }) => name);

/** The picture at a later revision. Changes that it holds already change nothing. */
export function changed(before: Picture, revision: number, changes: readonly PictureChange[]): Picture {
  const services = new Map(before.services);
  const instances = new Map(before.instances);
  for (const change of changes) {
    if (change.kind === 'service') {
      if (change.service === undefined) services.delete(change.id);
      else services.set(change.id, change.service);
    } else if (change.instance === undefined || !isLive(change.instance)) instances.delete(change.name);
    else instances.set(change.name, change.instance);
  }
  return { revision, services, instances };
}
