import { HTTP2_HINT, UNREACHABLE } from '../../activator/domain/refusal.js';
import { FRONTEND, NO_ROUTE } from '../domain/answered.js';
import { type Backend, backendName, type Carrying, type Slot } from '../domain/carrying.js';
import { NO_SERVER } from '../domain/operations.js';
import { STOPPED, type Unavailable, UNKNOWN } from '../domain/unavailable.js';
import { type Profile, profiles } from '../domain/wanted.js';
import { backFrontend, lastResort } from './haproxy-activator.js';
import { balancingLines, boundsOf, queueRules, retryLines, unservedOr } from './haproxy-balancing.js';
import { cacheRules, cacheSection } from './haproxy-cache.js';
import { clientRules, connectionRules, limitRules, limitTables } from './haproxy-limits.js';
import { findRoute, rewrites, ROUTE_TIMEOUT } from './haproxy-routes.js';
import { filesIn, type HaproxySettings } from './haproxy-settings.js';
import {
  challengeBackend,
  challengeRoute,
  forwarded,
  tlsBind,
  tlsDefaults,
  tlsRules,
} from './haproxy-tls.js';
import { PROBE_FIELD, probeRules } from './haproxy-probes.js';
import { lotRules, splitRules } from './haproxy-splits.js';
import { connectionDefaults, requestRules } from './request-rules.js';
import { unavailableRules } from './unavailable.js';

export const serverName = (slot: number): string => `s${slot}`;

/** A service that starts, or whose node was lost, is back within seconds. */
const RETRY_AFTER_S = 2;
const NOBODY = 65_534;

export interface ConfigInput {
  readonly settings: HaproxySettings;
  readonly carrying: Carrying;
  /** Comes back as the description in `show info`: so it shows which configuration a process runs with. */
  readonly generation: string;
  /** Where the line of each request is sent by UDP, on this machine; nowhere where it is left out. */
  readonly accessLogPort?: number;
  /** Of the server on this machine that answers challenges of an authority; services get them where it is left out. */
  readonly challengePort?: number;
  /** What is to be carried is not known yet. */
  readonly isUnknown?: boolean;
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
    ...(carrying.rules.has('cache') ? [cacheSection(input.settings)] : []),
    ...limitTables(input.settings, carrying),
    frontend(input),
    backFrontend(input.settings, logLine(input)),
    input.isUnknown === true
      ? refused(NO_ROUTE, UNKNOWN)
      : refusal(NO_ROUTE, 404, 'No service has this address.'),
    refused(NO_SERVER, STOPPED),
    ...challengeBackend(input.challengePort),
    ...backends,
  ];
  const filled = sections.filter((lines) => lines.length > 0);
  return `${filled.map((lines) => lines.join('\n')).join('\n\n')}\n`;
}

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
  const { headMs, idleMs, tunnelIdleMs } = settings;
  return section(
    'defaults',
    'mode http',
    'log global',
    'option dontlognull',
    'timeout connect 2s',
    `timeout http-request ${headMs}ms`,
    `timeout queue ${boundsOf(settings).queueMs}ms`,
    `timeout client ${idleMs}ms`,
    `timeout server ${idleMs}ms`,
    `timeout tunnel ${tunnelIdleMs}ms`,
    'timeout client-fin 10s',
    'timeout server-fin 10s',
    ...retryLines,
    // By connections alone: an application that answers 500 by its own fault must not be taken off as a whole.
    'default-server check inter 5s fastinter 500ms downinter 1s rise 1 fall 2 observe layer4 error-limit 2 on-error mark-down',
    ...connectionDefaults,
    ...(
      [
        [502, 'The instance that should answer broke off.'],
        [503, unservedOr(UNREACHABLE)],
        [504, 'The instance that should answer takes too long.'],
      ] as const
    ).map(
      ([status, says]) =>
        `http-error status ${status} content-type text/plain ${status === 503 ? 'lf-string' : 'string'} "${says}\\n"${status === 503 ? ` hdr Retry-After ${RETRY_AFTER_S}` : ''}`,
    ),
  );
}

function frontend(input: ConfigInput): readonly string[] {
  const { settings, carrying, challengePort } = input;
  const { folder, host, port, trustedProxies } = settings;
  const says = forwarded(settings);
  const hasTrusted = trustedProxies.length > 0;
  const trusted = hasTrusted ? `src ${trustedProxies.join(' ')}` : 'always_false';
  return section(
    `frontend ${FRONTEND}`,
    `bind ${host.includes(':') ? `[${host}]` : host}:${port}`,
    ...tlsBind(settings),
    `acl is-trusted ${trusted}`,
    ...connectionRules(settings),
    ...(input.accessLogPort === undefined ? [] : ['http-request set-var(txn.method) method']),
    'http-request set-var(txn.path) path',
    'http-request set-var(txn.host) req.fhdr(host),field(1,:),rtrim(.),lower',
    'http-request set-var(txn.id) uuid()',
    ...(hasTrusted
      ? [
          'http-request set-var(txn.id) req.hdr(x-request-id) if is-trusted { req.hdr(x-request-id) -m found }',
        ]
      : []),
    ...requestRules({ hasTrusted }),
    `http-request ${hasTrusted ? 'set' : 'add'}-header X-Request-Id %[var(txn.id)]`,
    'http-response set-header X-Request-Id %[var(txn.id)]',
    ...probeRules(settings),
    ...clientRules(settings, carrying),
    saysOfClient('Host', '%[req.fhdr(host)]', hasTrusted),
    ...says.before,
    saysOfClient('Port', says.port, hasTrusted),
    saysOfClient('Proto', says.proto, hasTrusted),
    ...tlsRules(settings),
    'option forwardfor',
    // A request that may have reached its instance is sent again only where that can do no harm.
    'http-request disable-l7-retry unless METH_GET or METH_OPTIONS',
    ...findRoute(filesIn(folder).routes),
    ...challengeRoute(challengePort),
    ...optionRules(settings, carrying),
    ...(carrying.rules.has('rewrites') ? rewrites(carrying.headers) : []),
    'use_backend %[var(txn.to)] if { var(txn.to) -m found }',
    `default_backend ${NO_ROUTE}`,
    ...logLine(input),
  );
}

/** What a client says of itself is believed only where a proxy of our own says it; what others said is out by now. */
const saysOfClient = (what: string, value: string, hasTrusted: boolean): string =>
  hasTrusted
    ? `http-request set-header X-Forwarded-${what} ${value} unless is-trusted { req.hdr(x-forwarded-${what.toLowerCase()}) -m found }`
    : `http-request add-header X-Forwarded-${what} ${value}`;

const logLine = ({ carrying, accessLogPort }: ConfigInput): readonly string[] =>
  accessLogPort === undefined ? [] : [`log-format '${logFormat(carrying)}'`];

/** What the service of a request has besides instances; it costs nothing while no service has any. */
function optionRules(settings: HaproxySettings, { rules }: Carrying): readonly string[] {
  const { options } = filesIn(settings.folder);
  const hasOptions = rules.has('cache') || rules.has('limits');
  return [
    ...(!hasOptions
      ? []
      : [`http-request set-var(txn.options) var(txn.to),map_str(${options}) if { var(txn.to) -m found }`]),
    ...limitRules(settings, { hasOwn: rules.has('limits') }),
    ...(rules.has('splits') ? splitRules(settings, { hasOptions }) : []),
    ...(rules.has('cache') ? cacheRules : []),
  ];
}

const text = (sample: string): string => `"%[${sample},json(utf8s)]"`;

/** A line of JSON; the query of a request is left out, since people put secrets into it. */
const logFormat = ({ rules }: Carrying): string =>
  `{${[...LOGGED, ...(rules.has('cache') ? ['"cached":"%[var(txn.asked)]"'] : [])].join(',')}}`;

const LOGGED = [
  `"id":${text('var(txn.id)')}`,
  '"client":"%ci"',
  `"method":${text('var(txn.method)')}`,
  `"host":${text('var(txn.host),bytes(0,256)')}`,
  `"path":${text('var(txn.path),bytes(0,1024)')}`,
  '"status":%ST',
  '"requestBytes":%U',
  '"bytes":%B',
  '"ms":%Ta',
  '"queueMs":%Tw',
  '"connectMs":%Tc',
  '"responseMs":%Tr',
  '"retries":"%rc"',
  '"end":"%ts"',
  '"to":"%[var(txn.to)]"',
  '"frontend":"%f"',
  '"backend":"%b"',
  '"server":"%s"',
  PROBE_FIELD,
];

const refusal = (name: string, status: number, says: string): readonly string[] =>
  section(
    `backend ${name}`,
    `http-request return status ${status} content-type text/plain string "${says}\\n"`,
  );

const refused = (name: string, unavailable: Unavailable): readonly string[] =>
  section(`backend ${name}`, ...unavailableRules(unavailable));

/** Beside its cookie, HAProxy adds a line that the answer is private; one that was `public` would say both. */
const ONE_CACHE_CONTROL =
  'http-after-response set-header Cache-Control private if { res.fhdr_cnt(cache-control) gt 1 } { res.cook(slipway-server) -m found }';

const BALANCE: Readonly<Record<Profile, readonly string[]>> = {
  least: ['balance leastconn'],
  h2: ['balance leastconn'],
  weighted: ['balance roundrobin'],
  // `preserve`: the answer of a request that has waited keeps its cookie. The cookie is made of the server's address, so
  // whoever gets the slot next gets none of its clients.
  sticky: [
    'balance leastconn',
    'cookie slipway-server insert indirect preserve nocache httponly dynamic',
    'dynamic-cookie-key slipway',
    ONE_CACHE_CONTROL,
  ],
};

/** Its instance may speak another protocol. */
const HTTP2_ERRORS: readonly string[] = [
  `http-error status 502 content-type text/plain string "The instance that should answer broke off. ${HTTP2_HINT}\\n"`,
  `http-error status 503 content-type text/plain lf-string "${unservedOr(`${UNREACHABLE} ${HTTP2_HINT}`)}\\n" hdr Retry-After ${RETRY_AFTER_S}`,
];

/** Words behind each server of a profile: instances of `h2` speak HTTP/2 without TLS, from the first byte on. */
const PROTOCOL: Partial<Record<Profile, string>> = { h2: ' proto h2' };

function poolBackend(
  { settings, carrying }: ConfigInput,
  profile: Profile,
  number: number,
): readonly string[] {
  const { pools, backends, rules } = carrying;
  const name = backendName(profile, number);
  return section(
    `backend ${name}`,
    ...BALANCE[profile],
    ...(rules.has('splits') ? lotRules(profile) : []),
    ...(rules.has('rewrites') ? [ROUTE_TIMEOUT] : []),
    ...balancingLines(settings, backends.get(name)?.bounds?.queueMs),
    ...(rules.has('bounds') ? queueRules(settings) : []),
    ...serverLines(backends.get(name), pools[profile].servers, PROTOCOL[profile] ?? ''),
    ...lastResort(settings, profile, name),
    ...(profile === 'h2' ? HTTP2_ERRORS : []),
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
