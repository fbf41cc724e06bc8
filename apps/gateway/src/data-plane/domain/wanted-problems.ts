import {
  keyOf,
  LIMITS,
  type Wanted,
  type WantedRoute,
  type WantedServer,
  type WantedService,
  WEIGHTS,
} from './wanted.js';

/** Labels of 1 to 63 letters, digits, `-` and `_`, with dots between. */
const HOST = /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*$/;
const IPV4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/;
/** What may be one: HAProxy says what is none. */
const IPV6 = /^[0-9a-f]*:[0-9a-f:.]*$/i;
/** What RFC 3986 allows in a path, but `;`, which separates commands of HAProxy. */
const PATH = /^\/[A-Za-z0-9._~!$&'()*+,=:@%/-]*$/;

/**
 * What of it cannot be carried, each with its name and what was expected; none where all can. Whatever passes may stand in
 * HAProxy's files and commands as it is.
 */
export function problemsOf({ services, routes }: Wanted): readonly string[] {
  const ids = new Set(services.map(({ id }) => id));
  return [
    ...repeated(services.map(({ id }) => id)).map((id) => `service ${id} is wanted twice`),
    ...services.flatMap(ofLimits),
    ...services.flatMap(({ id, servers }) => [
      ...servers.flatMap((server) => ofServer(server).map((problem) => `service ${id}: ${problem}`)),
      ...repeated(servers.map(({ name }) => name)).map(
        (name) => `service ${id}: server ${name} is wanted twice`,
      ),
    ]),
    ...routes.flatMap((route) => ofRoute(route, ids)),
    ...repeated(routes.map(keyOf)).map((key) => `${key} is the route of two services`),
  ];
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

function ofRoute({ host, path, service }: WantedRoute, services: ReadonlySet<string>): readonly string[] {
  const problems: string[] = [];
  if (!HOST.test(host))
    problems.push(`route of ${service}: host ${JSON.stringify(host)}, expected a host name in lower case`);
  if (!PATH.test(path))
    problems.push(`route of ${service}: path ${JSON.stringify(path)}, expected one that begins with /`);
  if (!services.has(service)) problems.push(`route ${host}${path}: there is no service ${service}`);
  return problems;
}

function repeated(names: readonly string[]): readonly string[] {
  const seen = new Set<string>();
  return [...new Set(names.filter((name) => seen.has(name) || !seen.add(name)))];
}
