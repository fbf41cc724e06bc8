import type { TrafficSettings } from '#libs/contracts';
import {
  type Profile,
  type Wanted,
  type WantedRoute,
  type WantedServer,
  type WantedService,
} from '../../data-plane/domain/wanted.js';
import { type Sound, withSoundRoutes } from '../../data-plane/domain/wanted-problems.js';
import { idOf, type Picture, type PictureInstance, type PictureService } from './picture.js';
import { routesOf } from './routes-of.js';

/** Of all instances alike, as long as nobody scores them; the middle, so that it can fall and rise. */
const WEIGHT = 100;

interface WantedInput {
  readonly domain: string;
  /** The IP address of each host name that an instance has; those that could not be found are missing. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Answers of services may be kept. */
  readonly hasCache: boolean;
}

/**
 * What HAProxy should carry. A service without instances keeps its routes, so that clients hear that it is away for now; a
 * worker has none. An instance whose address cannot be found gets no requests, and a route that cannot be carried is left
 * out.
 */
export function wantedOf({ services, instances }: Picture, input: WantedInput): Sound {
  const byService = Map.groupBy(instances.values(), idOf);
  const isWorker = (id: string): boolean => byService.get(id)?.every(({ port }) => port === null) ?? false;
  // Also those of which only instances are known yet.
  const all: ReadonlyMap<string, PictureService> = new Map([
    ...[...byService].flatMap(([id, [first]]) => (first === undefined ? [] : [[id, first] as const])),
    ...services,
  ]);
  const reached = [...all].filter(([id]) => !isWorker(id)).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const found = reached.map(([id, service]) => ({ id, ...routesOf(service, input.domain) }));
  const wanted: Wanted = {
    services: reached.map(([id, service]) => ({
      ...serviceOf(service, byService.get(id) ?? [], input),
      ...(service.isWanted !== undefined && { isAwaited: service.isWanted }),
    })),
    // A service that comes has its own address at once, whoever had it as a route before.
    routes: [
      ...found.map(({ id, own }): WantedRoute => ({ ...own, service: id })),
      ...found.flatMap(({ id, others }) => others.map((route): WantedRoute => ({ ...route, service: id }))),
    ],
  };
  const sound = withSoundRoutes(wanted);
  return { ...sound, leftOut: [...found.flatMap(({ leftOut }) => leftOut), ...sound.leftOut] };
}

function serviceOf(
  service: PictureService,
  instances: readonly PictureInstance[],
  input: WantedInput,
): WantedService {
  const { traffic = {}, canary } = service;
  const hasCache = traffic.cache ?? input.hasCache;
  const isCanary = ({ release }: PictureInstance): boolean => release === canary?.release;
  const others = canary === undefined ? instances : instances.filter((one) => !isCanary(one));
  return {
    ...{ id: idOf(service), profile: profileOf(traffic) },
    servers: instances.flatMap((instance) =>
      serverOf(instance, input).map((server) => ({
        ...server,
        ...(isCanary(instance) && { isCanary: true }),
      })),
    ),
    ...(hasCache && { cache: { version: versionOf(others) } }),
    ...(canary && {
      canary: { ...canary, ...(hasCache && { cache: { version: versionOf(instances.filter(isCanary)) } }) },
    }),
    ...treatmentOf(traffic),
  };
}

/** Instances that speak HTTP/2 need servers of their own kind. */
const profileOf = ({ protocol, balance = 'least' }: TrafficSettings): Profile =>
  protocol === 'h2' ? 'h2' : balance;

function treatmentOf(traffic: TrafficSettings): Pick<WantedService, 'limits' | 'bounds' | 'balancing'> {
  const { requestsPerSecond, bodyBytes, mostInFlight: inFlight, mostQueued: queued, queueMs } = traffic;
  const { slowStartMs } = traffic;
  const said = <T extends object>(values: T): T | undefined =>
    Object.values(values).some((value) => value !== undefined) ? values : undefined;
  const limits = said({ requestsPerSecond, bodyBytes });
  const bounds = said({ inFlight, queued, queueMs });
  return {
    ...(limits && { limits }),
    ...(bounds && { bounds }),
    ...(slowStartMs !== undefined && { balancing: { slowStartMs } }),
  };
}

/** Of the answers: the releases that give them. */
const versionOf = (instances: readonly PictureInstance[]): string =>
  [...new Set(instances.filter(({ state }) => state === 'running').map(({ release }) => release))]
    .toSorted()
    .join('+');

function serverOf(
  { name, address: host, port, state, release }: PictureInstance,
  { addresses }: WantedInput,
): readonly WantedServer[] {
  const address = addresses.get(host);
  if (port === null || address === undefined) return [];
  const isReady = state === 'running';
  return [
    {
      ...{ name, address, port, weight: WEIGHT, state: isReady ? 'ready' : 'drain' },
      ...(release !== '' && { release }),
    },
  ];
}

/** Every host that an instance with a port has, once. */
export const hostsOf = ({ instances }: Picture): readonly string[] => [
  ...new Set([...instances.values()].filter(({ port }) => port !== null).map(({ address }) => address)),
];
