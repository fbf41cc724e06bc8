import { defaultHost, type ServiceConfig } from '#libs/contracts';
import type { OfService } from './route-conflicts.js';
import type { Place } from './service-routes.js';

/** Where the gateway takes requests: `https://example.com`, `http://localhost:8080`. */
export interface GatewayAddress {
  /** `http` or `https`. */
  readonly scheme: string;
  /** Addresses of services are below it. */
  readonly domain: string;
  /** Undefined for the usual one of the scheme. */
  readonly port?: number;
}

/** Of a gateway's URL. */
export const gatewayAddressOf = (url: string): GatewayAddress => {
  const { protocol, hostname, port } = new URL(url);
  return { scheme: protocol.replace(':', ''), domain: hostname, ...(port !== '' && { port: Number(port) }) };
};

/** Where a service is reached, the best address first: its routes in their order, then its own address. */
export function urlsOf(
  { appId, service }: OfService,
  routes: readonly Place[],
  { scheme, domain, port }: GatewayAddress,
): readonly string[] {
  const own = { host: defaultHost(appId, service, domain), path: '/' };
  // Of a pattern nobody knows which names there are.
  const named = routes.filter(({ host }) => !host.startsWith('*.'));
  const at = port === undefined ? '' : `:${port}`;
  return [
    ...new Set(
      [...named, own].map(({ host, path }) => `${scheme}://${host}${at}${path === '/' ? '' : path}`),
    ),
  ];
}

/** The address that users are given; none of a worker. */
export function endpointOf(
  of: OfService,
  config: Pick<ServiceConfig, 'port'> | undefined,
  routes: readonly Place[],
  gateway: GatewayAddress | undefined,
): { readonly url: string } | undefined {
  if (gateway === undefined || config?.port === undefined) return undefined;
  const [url] = urlsOf(of, routes, gateway);
  return url === undefined ? undefined : { url };
}
