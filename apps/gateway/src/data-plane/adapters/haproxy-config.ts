import { type Backend, backendName, type Carrying, type Slot } from '../domain/carrying.js';
import { NO_SERVER, routeTable } from '../domain/operations.js';
import { type Profile, profiles } from '../domain/wanted.js';
import { balancingLines, boundsOf, retryLines, UNSERVED } from './haproxy-balancing.js';
import { ROUTE_TIMEOUT, routeRules } from './haproxy-routes.js';
import { connectionRules, requestRules } from './request-rules.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';
import {
  challengeBackend,
  challengeRoute,
  forwarded,
  tlsBind,
  tlsDefaults,
  tlsRules,
} from './haproxy-tls.js';

export const serverName = (slot: number): string => `s${slot}`;

/** Where requests go that no route takes. */
const NO_ROUTE = 'no-route';
/** A service that starts, or whose node was lost, is back within seconds. */
const RETRY_AFTER_S = 2;
const NOBODY = 65_534;

interface ConfigInput {
  readonly settings: HaproxySettings;
  readonly carrying: Carrying;
  /** Comes back as the description in `show info`: so it shows which configuration a process runs with. */
  readonly generation: string;
  /** Where the line of each request is sent by UDP, on this machine; nowhere where it is left out. */
  readonly accessLogPort?: number;
  /** Of the server on this machine that answers challenges of an authority; services get them where it is left out. */
  readonly challengePort?: number;
}

/** The whole of haproxy.cfg: what is carried now stands in it, so a process that starts or reloads carries it at once. */
export function haproxyConfig(input: ConfigInput): string {
  const { carrying } = input;
  const backends = profiles.flatMap((profile) =>
    Array.from({ length: carrying.pools[profile].backends }, (_, index) =>
      poolBackend(input, profile, index + 1),
    ),
  );
  const sections = [
    ['# Written by the gateway of Slipway. Changes are lost: the gateway writes it anew.'],
    globalSection(input),
    defaultsSection(input.settings),
    frontend(input),
    refusal(NO_ROUTE, 404, 'No service has this address.'),
    refusal(NO_SERVER, 503, 'This service has no instance that runs.'),
    ...challengeBackend(input.challengePort),
    ...backends,
  ];
  return `${sections.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

/** The whole of routes.map: a key and a target a line. */
export const routesMap = (carrying: Carrying): string =>
  [...routeTable(carrying)]
    .map(([key, target]) => `${key} ${target}\n`)
    .toSorted()
    .join('');

const section = (head: string, ...lines: readonly string[]): readonly string[] => [
  head,
  ...lines.map((line) => `  ${line}`),
];

function globalSection({ settings, generation, accessLogPort }: ConfigInput): readonly string[] {
  const { folder, maxConnections, isRoot } = settings;
  return section(
    'global',
    `description ${generation}`,
    `stats socket ${filesIn(folder).runtimeSocket} mode 600 level admin expose-fd listeners`,
    'stats timeout 1d',
    // Another process at the same port would take a part of the requests unseen. A reload hands its sockets over.
    'noreuseport',
    `maxconn ${maxConnections}`,
    ...tlsDefaults(settings),
    // Where the limit of open files is too low, it carries fewer connections instead of none.
    'no strict-limits',
    ...(isRoot ? [`uid ${NOBODY}`, `gid ${NOBODY}`] : []),
    ...(accessLogPort === undefined ? [] : [`log 127.0.0.1:${accessLogPort} len 8192 format raw local0`]),
  );
}

function defaultsSection(settings: HaproxySettings): readonly string[] {
  const { idleMs, tunnelIdleMs } = settings;
  return section(
    'defaults',
    'mode http',
    'log global',
    'option dontlognull',
    'timeout connect 2s',
    'timeout http-request 10s',
    `timeout queue ${boundsOf(settings).queueMs}ms`,
    `timeout client ${idleMs}ms`,
    `timeout server ${idleMs}ms`,
    `timeout tunnel ${tunnelIdleMs}ms`,
    'timeout client-fin 10s',
    'timeout server-fin 10s',
    ...retryLines,
    // By connections alone: an application that answers 500 by its own fault must not be taken off as a whole.
    'default-server check inter 5s fastinter 500ms downinter 1s rise 1 fall 2 observe layer4 error-limit 2 on-error mark-down',
    ...connectionRules,
    ...(
      [
        [502, 'The instance that should answer broke off.'],
        [503, UNSERVED],
        [504, 'The instance that should answer takes too long.'],
      ] as const
    ).map(
      ([status, says]) =>
        `http-error status ${status} content-type text/plain ${status === 503 ? 'lf-string' : 'string'} "${says}\\n"${status === 503 ? ` hdr Retry-After ${RETRY_AFTER_S}` : ''}`,
    ),
  );
}

function frontend(input: ConfigInput): readonly string[] {
  const { settings, carrying, accessLogPort, challengePort } = input;
  const { folder, host, port, trustedProxies } = settings;
  const says = forwarded(settings);
  const trusted = trustedProxies.length === 0 ? 'always_false' : `src ${trustedProxies.join(' ')}`;
  return section(
    'frontend requests',
    `bind ${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...tlsBind(settings),
    `acl is-trusted ${trusted}`,
    'http-request set-var(txn.method) method',
    'http-request set-var(txn.path) path',
    'http-request set-var(txn.host) req.fhdr(host),field(1,:),rtrim(.),lower',
    'http-request set-var(txn.id) uuid()',
    'http-request set-var(txn.id) req.hdr(x-request-id) if is-trusted { req.hdr(x-request-id) -m found }',
    ...requestRules({ hasTrusted: trustedProxies.length > 0 }),
    'http-request set-header X-Request-Id %[var(txn.id)]',
    'http-response set-header X-Request-Id %[var(txn.id)]',
    // What a client says of itself is believed only where a proxy of our own says it.
    'http-request set-header X-Forwarded-Host %[req.fhdr(host)] unless is-trusted { req.hdr(x-forwarded-host) -m found }',
    ...says.before,
    `http-request set-header X-Forwarded-Port ${says.port} unless is-trusted { req.hdr(x-forwarded-port) -m found }`,
    `http-request set-header X-Forwarded-Proto ${says.proto} unless is-trusted { req.hdr(x-forwarded-proto) -m found }`,
    ...tlsRules(settings),
    'option forwardfor',
    // A request that may have reached its instance is sent again only where that can do no harm.
    'http-request disable-l7-retry unless METH_GET or METH_OPTIONS',
    ...routeRules(filesIn(folder).routes, carrying.headers),
    ...challengeRoute(challengePort),
    'use_backend %[var(txn.to)] if { var(txn.to) -m found }',
    `default_backend ${NO_ROUTE}`,
    ...(accessLogPort === undefined ? [] : [`log-format '${LOG_FORMAT}'`]),
  );
}

const text = (sample: string): string => `"%[${sample},json(utf8s)]"`;

/** A line of JSON; the query of a request is left out, since people put secrets into it. */
const LOG_FORMAT = `{${[
  `"id":${text('var(txn.id)')}`,
  '"client":"%ci"',
  `"method":${text('var(txn.method)')}`,
  `"host":${text('var(txn.host),bytes(0,256)')}`,
  `"path":${text('var(txn.path),bytes(0,1024)')}`,
  '"status":%ST',
  '"requestBytes":%U',
  '"bytes":%B',
  '"ms":%Ta',
  '"connectMs":%Tc',
  '"responseMs":%Tr',
  '"retries":"%rc"',
  '"end":"%ts"',
  '"backend":"%b"',
  '"server":"%s"',
].join(',')}}`;

const refusal = (name: string, status: number, says: string): readonly string[] =>
  section(
    `backend ${name}`,
    `http-request return status ${status} content-type text/plain string "${says}\\n"${status === 503 ? ` hdr Retry-After ${RETRY_AFTER_S}` : ''}`,
  );

const BALANCE: Readonly<Record<Profile, readonly string[]>> = {
  least: ['balance leastconn'],
  h2: ['balance leastconn'],
  weighted: ['balance roundrobin'],
  // The cookie is made of the server's address, so whoever gets the slot next gets none of its clients.
  sticky: [
    'balance leastconn',
    'cookie slipway-server insert indirect nocache httponly dynamic',
    'dynamic-cookie-key slipway',
  ],
};

/** Words behind each server of a profile: instances of `h2` speak HTTP/2 without TLS, from the first byte on. */
const PROTOCOL: Partial<Record<Profile, string>> = { h2: ' proto h2' };

function poolBackend(
  { carrying: { pools, backends }, settings }: ConfigInput,
  profile: Profile,
  number: number,
): readonly string[] {
  const name = backendName(profile, number);
  return section(
    `backend ${name}`,
    ...BALANCE[profile],
    ROUTE_TIMEOUT,
    ...balancingLines(settings, backends.get(name)?.bounds?.queueMs),
    ...serverLines(backends.get(name), pools[profile].servers, PROTOCOL[profile] ?? ''),
  );
}

/** A line for each server, and one for each run of empty slots. */
function serverLines(backend: Backend | undefined, size: number, protocol: string): readonly string[] {
  const lines: string[] = [];
  let firstEmpty = 1;
  const endRun = (slot: number): void => {
    if (slot > firstEmpty)
      lines.push(`server-template s ${firstEmpty}-${slot - 1} 0.0.0.0:80${protocol} disabled`);
    firstEmpty = slot + 1;
  };
  for (const [slot, held] of [...(backend?.slots ?? [])].toSorted(([a], [b]) => a - b)) {
    endRun(slot);
    lines.push(serverLine(slot, held, protocol));
  }
  endRun(size + 1);
  return lines;
}

function serverLine(slot: number, { kind, server }: Slot, protocol: string): string {
  const { address, port, weight, state, mostInFlight = 0 } = server;
  const isReady = kind === 'taken' && state === 'ready';
  const at = address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
  const bound = mostInFlight === 0 ? '' : ` maxconn ${mostInFlight}`;
  return `server ${serverName(slot)} ${at} weight ${weight}${protocol}${bound}${isReady ? '' : ' disabled'}`;
}
