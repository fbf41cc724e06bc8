import { isRouteHeader, MOST_ROUTE_HEADER_NAMES, MOST_STRIPPED_PARTS, partsOfPath } from '#libs/contracts';
import { headerNamesOf, targetOf } from './route-target.js';
import {
  keyOf,
  LIMITS,
  type Wanted,
  type WantedBounds,
  type WantedRoute,
  type WantedServer,
  type WantedService,
  WEIGHTS,
} from './wanted.js';

/** Labels of 1 to 63 letters, digits, `-` and `_`, with dots between; `*.` before them. */
const HOST =
  /^(?=.{1,253}$)(\*\.)?[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** What may be one: HAProxy says what is none. */
const IPV6 = /^[0-9a-f]*:[0-9a-f:.]*$/i;
/** What RFC 3986 allows in a path, but `;`, which separates commands of HAProxy. */
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,=:@%/-]*$/;
const HEADER_VALUE = /^[\x20-\x7e]{1,1000}$/;
/** HAProxy reads commands of 16 KiB at most; a route is one. */
const MOST_ROUTE_LENGTH = 8_192;
/** One day. */
const LONGEST_ANSWER_MS = 86_400_000;

/**
 * What of it cannot be carried, each with its name and what was expected; none where all can. Whatever passes may stand in
 * HAProxy's files and commands as it is.
 */
export function problemsOf({ services, routes }: Wanted): readonly string[] {
  const ids = new Set(services.map(({ id }) => id));
  return [
    ...repeated(services.map(({ id }) => id)).map((id) => `service ${id} is wanted twice`),
    ...services.flatMap(ofLimits),
    ...services.flatMap(({ id, servers, bounds }) => [
      ...ofBounds(bounds).map((problem) => `service ${id}: ${problem}`),
      ...servers.flatMap((server) => ofServer(server).map((problem) => `service ${id}: ${problem}`)),
      ...repeated(servers.map(({ name }) => name)).map(
        (name) => `service ${id}: server ${name} is wanted twice`,
      ),
    ]),
    ...routes.flatMap((route) => ofRoute(route, ids)),
    ...repeated(routes.map(keyOf)).map((key) => `${key} is the route of two services`),
    ...(headerNamesOf(routes).length > MOST_ROUTE_HEADER_NAMES ? [TOO_MANY_NAMES] : []),
  ];
}

const TOO_MANY_NAMES = `routes set headers of more than ${MOST_ROUTE_HEADER_NAMES} names`;

/** What can be carried, and what was left out of it. */
export interface Sound {
  readonly wanted: Wanted;
  readonly leftOut: readonly string[];
}

/**
 * Without the routes that cannot be carried: one that is wrong must not stop all others. Of two with the same key the first
 * one stays.
 */
export function withSoundRoutes(all: Wanted): Sound {
  const ids = new Set(all.services.map(({ id }) => id));
  const kept = new Map<string, WantedRoute>();
  const names = new Set<string>();
  const leftOut: string[] = [];
  for (const route of all.routes) {
    const key = keyOf(route);
    const more = headerNamesOf([route]);
    const owner = kept.get(key)?.service;
    const problems = [
      ...ofRoute(route, ids),
      ...(owner === undefined ? [] : [`route of ${route.service}: ${key} is a route of ${owner}`]),
      ...(new Set([...names, ...more]).size > MOST_ROUTE_HEADER_NAMES ? [`${key}: ${TOO_MANY_NAMES}`] : []),
    ];
    if (problems.length > 0) leftOut.push(...problems);
    else {
      kept.set(key, route);
      more.forEach((name) => names.add(name));
    }
  }
  return { wanted: { ...all, routes: [...kept.values()] }, leftOut };
}

function ofLimits({ id, limits = {} }: WantedService): readonly string[] {
  return (['requestsPerSecond', 'bodyBytes'] as const).flatMap((name) => {
    const { [name]: value } = limits;
    const { least, most } = LIMITS[name];
    const isWrong = value !== undefined && !(value >= least && value <= most);
    return isWrong ? [`service ${id}: ${name} ${value}, expected ${least} to ${most}`] : [];
  });
}

function ofServer({ name, address, port, weight }: WantedServer): readonly string[] {
  const problems: string[] = [];
  if (!IPV4.test(address) && !IPV6.test(address))
    problems.push(`server ${name}: address ${JSON.stringify(address)}, expected an IP address`);
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    problems.push(`server ${name}: port ${port}, expected 1 to 65535`);
  if (!Number.isInteger(weight) || weight < WEIGHTS.least || weight > WEIGHTS.most)
    problems.push(`server ${name}: weight ${weight}, expected ${WEIGHTS.least} to ${WEIGHTS.most}`);
  return problems;
}

const BOUNDS = {
  inFlight: { least: 0, most: 1_000_000 },
  queued: { least: 1, most: 1_000_000 },
  queueMs: { least: 1, most: 3_600_000 },
} as const;

const ofBounds = (bounds: WantedBounds = {}): readonly string[] =>
  (Object.keys(BOUNDS) as (keyof WantedBounds)[]).flatMap((name) => {
    const [value, { least, most }] = [bounds[name], BOUNDS[name]];
    const isRight = value === undefined || (Number.isInteger(value) && value >= least && value <= most);
    return isRight ? [] : [`bounds.${name}: ${value}, expected ${least} to ${most}`];
  });

function ofRoute(route: WantedRoute, services: ReadonlySet<string>): readonly string[] {
  const { host, path, service } = route;
  const problems: string[] = [];
  if (!HOST.test(host))
    problems.push(`route of ${service}: host ${JSON.stringify(host)}, expected a host name in lower case`);
  if (!PATH.test(path))
    problems.push(`route of ${service}: path ${JSON.stringify(path)}, expected one that begins with /`);
  if (!services.has(service)) problems.push(`route ${host}${path}: there is no service ${service}`);
  return [...problems, ...ofOptions(route).map((problem) => `route of ${service}: ${problem}`)];
}

function ofOptions(route: WantedRoute): readonly string[] {
  const { path, strip, headers = {}, timeoutMs } = route;
  const problems: string[] = [];
  if (
    strip === true &&
    (partsOfPath(path) < 1 || partsOfPath(path) > MOST_STRIPPED_PARTS || path.includes('//'))
  )
    problems.push(`strip of a path with 1 to ${MOST_STRIPPED_PARTS} parts expected`);
  for (const [name, value] of Object.entries(headers))
    if (!isRouteHeader(name))
      problems.push(`header ${JSON.stringify(name)}, expected one that a route may set`);
    else if (!HEADER_VALUE.test(value)) problems.push(`value of header ${name}, expected printable ASCII`);
  if (
    timeoutMs !== undefined &&
    !(Number.isInteger(timeoutMs) && timeoutMs >= 1 && timeoutMs <= LONGEST_ANSWER_MS)
  )
    problems.push(`timeoutMs ${timeoutMs}, expected 1 to ${LONGEST_ANSWER_MS}`);
  if (problems.length > 0) return problems;
  const { length } = targetOf('', route, headerNamesOf([route]));
  return length > MOST_ROUTE_LENGTH ? ['headers, expected less text'] : [];
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return [...new Set(names.filter((name) => seen.has(name) || !seen.add(name)))];
}
