import { z } from 'zod';

/** Of one service. */
export const MOST_ROUTES = 50;
/** Parts of a path that a route may take off: more would cost each request more rules. */
export const MOST_STRIPPED_PARTS = 15;
/** Of all routes of a gateway together: each name costs every request a rule. */
export const MOST_ROUTE_HEADER_NAMES = 64;
const MOST_HEADERS = 20;
/** Of all names and values of one route: they stand in one line of HAProxy's map. */
const MOST_HEADER_BYTES = 4_096;
const LONGEST_PATH = 1_024;
/** One hour. */
const LONGEST_ANSWER_MS = 3_600_000;

/**
 * `*.` stands for one label, and two labels come behind it: names of a top-level domain, such as `com`, and `localhost` are
 * nobody's. The last label is no number, so that no address is taken for a name.
 */
const HOST =
  /^(?=.{1,253}$)(?:\*\.)?(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?!\d+$)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
/** What RFC 3986 allows in a path but `;`, without empty parts and without `.` and `..`, however they are written. */
const PATH =
  /^\/(?:(?!(?:\.|%2[Ee]){1,2}(?:\/|$))(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+(?:\/(?=[^/])|$))*$/;
const HEADER_NAME = /^[A-Za-z][A-Za-z0-9-]{0,63}$/;
const HEADER_VALUE = /^[!-~](?:[ -~]{0,998}[!-~])?$/;

/** They say whose the message is, how long it is, or what the connection does; the gateway sets them itself. */
const OF_THE_GATEWAY: ReadonlySet<string> = new Set([
  ...['connection', 'content-length', 'expect', 'forwarded', 'host', 'http2-settings', 'keep-alive', 'proxy'],
  ...['proxy-authenticate', 'proxy-authorization', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'via', 'x-request-id'],
]);

/** Whether a route may set a request header of this name. */
export const isRouteHeader = (name: string): boolean => {
  const lower = name.toLowerCase();
  return HEADER_NAME.test(name) && !OF_THE_GATEWAY.has(lower) && !lower.startsWith('x-forwarded-');
};

/** The parts of a path: `/api/v1` has two. */
export const partsOfPath = (path: string): number => path.split('/').filter(Boolean).length;

const headersSchema = z
  .record(
    z
      .string()
      .refine(
        isRouteHeader,
        'expected the name of a request header that the gateway does not set itself, such as X-Tenant',
      ),
    z
      .string()
      .regex(
        HEADER_VALUE,
        'expected 1 to 1000 characters of printable ASCII, without blanks at the beginning or end',
      ),
  )
  .refine((headers) => Object.keys(headers).length <= MOST_HEADERS, `expected at most ${MOST_HEADERS}`)
  .refine(
    (headers) => isDistinct(Object.keys(headers).map((name) => name.toLowerCase())),
    'expected each name once, whatever the case of its letters',
  )
  .refine(
    (headers) => Object.entries(headers).flat().join('').length <= MOST_HEADER_BYTES,
    `expected at most ${MOST_HEADER_BYTES} characters in all`,
  );

const isDistinct = (values: readonly string[]): boolean => new Set(values).size === values.length;

/** Where clients reach a service at the gateway. */
export const routeSchema = z
  .strictObject(
    {
      host: z
        .string()
        .regex(
          HOST,
          'expected a host name in lower case with a dot in it, without scheme and port, such as shop.example.com or *.example.com',
        )
        .describe(
          'A host name in lower case, or `*.` and a host name for all names of one label more. The name has two labels or more: neither `localhost` nor `*.com` can be had.',
        ),
      path: z
        .string()
        .max(LONGEST_PATH)
        .overwrite((path) => path.replace(/(?<=.)\/+$/, ''))
        .regex(PATH, 'expected a path that begins with /, such as /api, without empty parts, . or ..')
        .default('/')
        .describe('The path and all below it: `/api` is not `/apix`. Of several, the longest one counts.'),
      strip: z
        .boolean()
        .optional()
        .describe('`true`: the instance sees requests without this path; it is in `X-Forwarded-Prefix`.'),
      headers: headersSchema
        .optional()
        .describe('Headers of the request that the instance gets, in place of those that the client sent.'),
      timeoutMs: z
        .int()
        .min(1)
        .max(LONGEST_ANSWER_MS)
        .optional()
        .describe('Milliseconds that the instance may take to answer, and between two parts of its answer.'),
    },
    'expected an object such as { "host": "shop.example.com", "path": "/api" }',
  )
  .refine(({ strip, path }) => strip !== true || path !== '/', {
    path: ['strip'],
    error: 'expected a path other than / beside it',
  })
  .refine(({ strip, path }) => strip !== true || partsOfPath(path) <= MOST_STRIPPED_PARTS, {
    path: ['path'],
    error: `expected at most ${MOST_STRIPPED_PARTS} parts with strip`,
  });

export type ServiceRoute = z.output<typeof routeSchema>;

const placeOf = ({ host, path }: ServiceRoute): string => `${host}${path}`;

/** `routes` of config.json, and what the API sets. */
export const routesSchema = z
  .array(routeSchema, 'expected a list such as [{ "host": "shop.example.com" }]')
  .max(MOST_ROUTES)
  .refine((routes) => isDistinct(routes.map(placeOf)), 'expected each host and path once');

export const balances = ['least', 'weighted', 'sticky'] as const;

const whole = (least: number, most: number) => z.int().min(least).max(most).optional();
const trafficFields = {
  balance: z.enum(balances).optional(),
  protocol: z.enum(['http1', 'h2']).optional(),
  cache: z.boolean().optional(),
  requestsPerSecond: z.number().min(0.1).max(1_000_000).optional(),
  bodyBytes: whole(0, 2_000_000_000),
  mostInFlight: whole(0, 1_000_000),
  mostQueued: whole(1, 1_000_000),
  queueMs: whole(1, 3_600_000),
  slowStartMs: whole(0, 3_600_000),
};

/** `traffic` of config.json: how the gateway treats the requests of a service. What is left out is as the gateway is set. */
export const trafficSchema = z
  .strictObject(trafficFields, 'expected an object such as { "balance": "sticky" }')
  .refine(({ protocol, balance = 'least' }) => protocol !== 'h2' || balance === 'least', {
    path: ['balance'],
    error: 'expected least beside protocol h2',
  });

export type TrafficSettings = z.output<typeof trafficSchema>;

/** Those of the settings that can be carried: what a later version, or nobody, would say is left out. */
export const knownTraffic = (said: Readonly<Record<string, unknown>> | null = {}): TrafficSettings =>
  Object.fromEntries(
    Object.entries(trafficFields).flatMap(([name, schema]) => {
      const { data } = schema.safeParse(said?.[name]);
      return data === undefined ? [] : [[name, data] as const];
    }),
  );

/** Names of the addresses that a service has without any routes. Names of applications and services are labels. */
export const defaultHost = (appId: string, service: string, domain: string): string =>
  service === 'app-server' ? `${appId}.${domain}` : `${service}.${appId}.${domain}`;

/**
 * The application to which a host below the gateway's domain belongs, whether there is one or not: `shop` of
 * `web.shop.example.com`. Undefined for other hosts, `*` for a pattern that takes in hosts of all applications.
 */
export function applicationOfHost(host: string, domain: string): string | undefined {
  return host.endsWith(`.${domain}`)
    ? host
        .slice(0, -domain.length - 1)
        .split('.')
        .at(-1)
    : undefined;
}

/** Whether some name is taken in by both: they are the same, or one is a pattern for the other. */
export const hostsOverlap = (a: string, b: string): boolean =>
  a === b || patternOf(a) === b || patternOf(b) === a;

/** `*.example.com` of `shop.example.com`. */
export const patternOf = (host: string): string => host.replace(/^[^.]+/, '*');
