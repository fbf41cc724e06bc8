import type { ServiceRoute, ServiceRoutes } from '#libs/contracts';
import { tableLines } from './table.js';

const HEAD = ['APP', 'SERVICE', 'ADDRESS', 'STRIP', 'HEADERS', 'TIMEOUT', 'SET BY'];
const NONE = '-';
const OWN = 'default';
const SET_BY = { 'config.json': 'config.json', api: 'the API' } as const satisfies Record<
  ServiceRoutes['setBy'],
  string
>;

/** A row for each route, then one for the own address of the service. Values of headers are left to `--json`. */
export const routeLines = (services: readonly ServiceRoutes[]): string[] =>
  tableLines(HEAD, services.flatMap(rowsOf));

function rowsOf({ appId, service, routes, urls, setBy }: ServiceRoutes): string[][] {
  const declared = routes.map((route) => {
    const { host, path, strip, headers = {}, timeoutMs } = route;
    const names = Object.keys(headers).join(', ');
    return [
      ...[appId, service, addressOf({ host, path }, urls), strip === true ? 'yes' : NONE],
      ...[names === '' ? NONE : names, timeoutMs === undefined ? NONE : `${timeoutMs} ms`, SET_BY[setBy]],
    ];
  });
  const shown = new Set(declared.map(([, , address]) => address));
  const own = urls.filter((url) => !shown.has(url));
  return [...declared, ...own.map((url) => [appId, service, url, NONE, NONE, NONE, OWN])];
}

/** As the deployer gives it where it knows the gateway; a pattern has no URL. */
function addressOf({ host, path }: Pick<ServiceRoute, 'host' | 'path'>, urls: readonly string[]): string {
  const place = `${host}${path === '/' ? '' : path}`;
  const isIt = (url: string): boolean => {
    const { hostname, pathname } = new URL(url);
    return hostname === host && pathname === path;
  };
  return urls.find(isIt) ?? place;
}

/** `shop.example.com/api` as a route; without a path it is all of them. */
export function placeOf(text: string): { readonly host: string; readonly path?: string } {
  const slash = text.indexOf('/');
  return slash < 0 ? { host: text } : { host: text.slice(0, slash), path: text.slice(slash) };
}
