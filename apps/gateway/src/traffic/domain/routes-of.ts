import { applicationOfHost, defaultHost } from '#libs/contracts';
import type { PictureRoute, PictureService } from './picture.js';

/** Where a service is reached, and what is wrong with the routes that are left out. */
export interface RoutesOf {
  /** At its own address. */
  readonly own: PictureRoute;
  readonly others: readonly PictureRoute[];
  readonly leftOut: readonly string[];
}

/**
 * Where a service is reached: at its own address, and at its routes. Hosts below the domain belong to the applications that
 * they name; the deployer refuses others, but it may not know the domain.
 */
export function routesOf({ appId, service, routes = [] }: PictureService, domain: string): RoutesOf {
  const host = defaultHost(appId, service, domain);
  const foreign = routes.filter((route) => (applicationOfHost(route.host, domain) ?? appId) !== appId);
  const declared = routes.filter((route) => !foreign.includes(route));
  // What is declared for its own address says more than the address alone.
  const own = declared.find((route) => route.host === host && route.path === '/') ?? { host, path: '/' };
  return {
    own,
    others: declared.filter((route) => route !== own),
    leftOut: foreign.map(
      (route) => `route of ${appId}/${service}: ${route.host} belongs to another application`,
    ),
  };
}
