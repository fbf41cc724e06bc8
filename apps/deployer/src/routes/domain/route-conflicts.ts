import { applicationOfHost, defaultHost, hostsOverlap, type TaskError } from '#libs/contracts';
import type { Place } from './service-routes.js';

export interface OfService {
  readonly appId: string;
  readonly service: string;
}

/** A route that another service has. */
export interface Claim extends Place, OfService {}

export interface ClaimedElsewhere {
  /** Routes of other services whose host is the same, or overlaps. */
  readonly claims: readonly Claim[];
  /** Other services of the application: each has its own address. */
  readonly services: readonly string[];
  /** Of the gateway. */
  readonly domain: string;
}

/**
 * Why a service cannot have these routes; undefined where it can. A host belongs to one application, so that nobody takes
 * over another's name; its services share it by their paths. Pure.
 */
export function routeTaken(
  { appId, service }: OfService,
  places: readonly Place[],
  { claims, services, domain }: ClaimedElsewhere,
): TaskError | undefined {
  const others = new Map(services.map((other) => [defaultHost(appId, other, domain), other]));
  for (const { host, path } of places) {
    const named = applicationOfHost(host, domain);
    if (named !== undefined && named !== appId)
      return taken(
        { appId, service, place: `${host}${path}` },
        named === '*'
          ? `it takes in the addresses of all applications, which are below ${domain}`
          : `hosts of ${named}.${domain} belong to the application ${named}`,
      );
    const owner = path === '/' ? others.get(host) : undefined;
    if (owner !== undefined && owner !== service)
      return taken({ appId, service, place: `${host}${path}` }, `it is the address of ${appId}/${owner}`);
    const claim = claims.find((other) => isInTheWay(appId, { host, path }, other));
    if (claim !== undefined)
      return taken(
        { appId, service, place: `${host}${path}` },
        `${claim.appId}/${claim.service} has ${claim.host}${claim.path}`,
      );
  }
  return undefined;
}

const isInTheWay = (appId: string, { host, path }: Place, other: Claim): boolean =>
  other.appId === appId ? other.host === host && other.path === path : hostsOverlap(other.host, host);

const taken = (
  { appId, service, place }: OfService & { readonly place: string },
  why: string,
): TaskError => ({
  code: 'ROUTE_TAKEN',
  message: `${appId}/${service} cannot have the route ${place}: ${why}.`,
  hint: 'Choose another host, or another path where it is the same application. See who has which: slipway routes',
});
