import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import {
  certificateFile,
  commaList,
  durationMs,
  type Given,
  isSet,
  keyValueList,
  neededBy,
  onlyWith,
  type Rule,
  type Secret,
  secret,
  withRules,
} from '#libs/config';
import { accessVariables } from '#libs/http';
import {
  bareConfigSchema,
  type DatabaseConfig,
  httpPort,
  oldRowsVariables,
  optionalDatabaseVariables,
  replicaName,
  withDatabaseRules,
} from '#libs/runtime';
import { certificateRules, certificateVariables } from './certificates/variables.wire.js';
import { type Profile, profiles } from './data-plane/domain/wanted.js';

const LISTEN = /^(\[[0-9a-f:.]+\]|[0-9.]+):(\d{1,5})$/i;
const NETWORK = /^[0-9a-f:.]+(\/\d{1,3})?$/i;
const DOMAIN = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
const MOST_BACKENDS = 10_000;
/** The kernel takes 107 bytes for the path of a socket, and the names of the files come behind it. */
const LONGEST_FOLDER = 80;

const listen = z.string().transform((text, context) => {
  const [, host, digits] = LISTEN.exec(text) ?? [];
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host: host.replace(/^\[|\]$/g, ''), port };
  context.addIssue('expected ADDRESS:PORT, such as 127.0.0.1:8080, 0.0.0.0:80 or [::]:80');
  return z.NEVER;
});

const poolBackends = keyValueList()
  .transform((given, context) => {
    const unknown = Object.keys(given).filter((name) => !profiles.includes(name as Profile));
    const isWrong = (text: string): boolean => !/^[1-9]\d*$/.test(text) || Number(text) > MOST_BACKENDS;
    if (unknown.length === 0 && !Object.values(given).some(isWrong))
      return { ...POOL_BACKENDS, ...mapped(given) };
    context.addIssue(`expected ${profiles.join(', ')}, each with 1 to ${MOST_BACKENDS}`);
    return z.NEVER;
  })
  .meta({ kind: 'NAME=VALUE with commas' });

const POOL_BACKENDS: Readonly<Record<Profile, number>> = { least: 64, weighted: 8, sticky: 8, h2: 8 };
const mapped = (given: Readonly<Record<string, string>>): Partial<Record<Profile, number>> =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, Number(text)]));

const shown = Object.entries(POOL_BACKENDS)
  .map(([name, count]) => `${name}=${count}`)
  .join(',');

const PROBE_AGENTS = 'kube-probe,ELB-HealthChecker,GoogleHC,Consul Health Check,Blackbox Exporter';

const feedUrls = commaList()
  .refine((urls) => urls.length > 0 && urls.every(isFeedUrl), {
    error: 'expected ws://HOST:PORT or wss://HOST:PORT, several with commas, without a login',
  })
  .optional()
  .meta({ kind: 'URLs with commas' });

function isFeedUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^wss?:$/.test(protocol) && [username, password, search, hash].every((part) => part === '');
}

/** Where a gateway without a database hears what runs where. */
const feedVariables = {
  GATEWAY_FEED_URLS: feedUrls.describe(
    "Load balancers whose traffic feed is followed, such as `wss://lb-1.example:8443`; they are tried in turn. With it, the gateway uses no database. Without it, it reads the registry's views in Postgres.",
  ),
  GATEWAY_FEED_TOKEN: secret()
    .optional()
    .describe('An API token of the load balancers for the feed; the role `read` is enough.'),
  GATEWAY_FEED_CA_FILE: certificateFile()
    .optional()
    .describe(
      'Certificates (PEM) of the authorities that sign those of `wss://` addresses; without it, those that Node knows.',
    ),
};

const hasFeed = (given: Given): boolean => isSet(given, 'GATEWAY_FEED_URLS');
const hasSecureFeed = ({ GATEWAY_FEED_URLS: urls }: Given): boolean =>
  Array.isArray(urls) && urls.some((url) => String(url).startsWith('wss:'));

const FEED_RULES: readonly Rule[] = [
  {
    name: 'DATABASE_URL',
    expected: 'expected a value, or GATEWAY_FEED_URLS for a gateway without a database',
    holds: (given) => isSet(given, 'DATABASE_URL') || hasFeed(given),
  },
  neededBy('GATEWAY_FEED_TOKEN', hasFeed),
  onlyWith('GATEWAY_FEED_TOKEN', hasFeed, 'expected GATEWAY_FEED_URLS with it'),
  onlyWith(
    'GATEWAY_ACME_URL',
    (given) => !hasFeed(given),
    'expected no GATEWAY_FEED_URLS with it: certificates of ACME are kept in Postgres',
  ),
  onlyWith('GATEWAY_FEED_CA_FILE', hasSecureFeed, 'expected a wss:// address in GATEWAY_FEED_URLS with it'),
];

const count = (most: number) => z.coerce.number().int().max(most);

/** How instances are balanced, and what a service may take of them. */
const balancingVariables = {
  GATEWAY_MOST_IN_FLIGHT: count(1_000_000)
    .min(0)
    .default(0)
    .describe('How many requests one instance gets at once; further ones wait. 0 is without a bound.'),
  GATEWAY_MOST_QUEUED: count(1_000_000)
    .min(1)
    .default(1_000)
    .describe(
      'How many requests of one service wait for an instance; further ones are answered with 503 at once.',
    ),
  GATEWAY_QUEUE_MS: durationMs()
    .default(5_000)
    .describe('How long a request waits for an instance before it is answered with 503.'),
  GATEWAY_SLOW_START_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(3_600_000)
    .default(10_000)
    .describe(
      'How long a new instance takes to get its whole share, beside others that serve already; 0 gives it at once.',
    ),
  GATEWAY_STALL_MS: durationMs()
    .default(750)
    .describe(
      'An instance that holds requests and answers none for so long gets hardly any more, and none at all after twice the time. A service that takes longer by nature has longer.',
    ),
  GATEWAY_EJECT_MS: durationMs()
    .default(5_000)
    .describe(
      'How long an instance that has stalled, or fails more often than the others, gets no requests for the first time. Each further time is twice as long, 5 minutes at most.',
    ),
  GATEWAY_EJECT_MOST_PERCENT: count(100)
    .min(0)
    .default(34)
    .describe(
      'How many of the instances of a service may be taken out so at a time, in percent. One of two always may; all never are.',
    ),
};

const schema = bareConfigSchema.extend({
  ...optionalDatabaseVariables('GATEWAY'),
  ...feedVariables,
  ...accessVariables,
  GATEWAY_HTTP_PORT: httpPort(),
  GATEWAY_REPLICA: replicaName(),
  GATEWAY_LISTEN: listen
    .optional()
    .meta({ kind: 'address and port' })
    .describe(
      'Where HAProxy takes the requests for services, such as `0.0.0.0:80`. Without it, this gateway starts no HAProxy and carries nothing.',
    ),
  GATEWAY_DOMAIN: z
    .string()
    .regex(DOMAIN, 'expected a domain in lower case, such as example.com')
    .default('localhost')
    .describe(
      'Services have addresses below this domain: `<appId>.<domain>` for a service named `app-server`, `<service>.<appId>.<domain>` for others.',
    ),
  GATEWAY_HAPROXY: z
    .string()
    .min(1)
    .default('haproxy')
    .describe(
      'HAProxy, 2.6 or newer: a path, or a name in `/usr/local/sbin`, `/usr/sbin` and the like. Debian and Ubuntu have it as `haproxy`.',
    ),
  GATEWAY_FOLDER: z.string().min(1).optional().meta({
    description:
      'For the configuration, the sockets and the process id of HAProxy; its path has 80 characters at most. A gateway that is started again with the same folder takes over the HAProxy that runs there.',
    shownDefault: '`slipway-gateway-<port>` in the folder for temporary files',
  }),
  GATEWAY_LEAVE_HAPROXY: z
    .stringbool()
    .default(false)
    .describe(
      '`true` leaves HAProxy running when the gateway is told to end, for its next start to take over; `false` ends it, too. A gateway that is killed always leaves it.',
    ),
  GATEWAY_POOL_BACKENDS: poolBackends.prefault(shown).meta({
    description:
      'How many services of each profile HAProxy can carry before it is reloaded with twice as many: `least`, `weighted`, `sticky`, `h2`.',
    shownDefault: `\`${shown}\``,
  }),
  GATEWAY_POOL_SERVERS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000)
    .default(16)
    .describe('How many instances each of them can have before HAProxy is reloaded with twice as many.'),
  GATEWAY_MAX_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(10)
    .max(1_000_000)
    .default(10_000)
    .describe('How many connections of clients HAProxy holds at once; others wait to be accepted.'),
  GATEWAY_IDLE_MS: durationMs()
    .default(300_000)
    .describe('How long a request may go without a byte in either direction.'),
  GATEWAY_TUNNEL_IDLE_MS: durationMs()
    .default(3_600_000)
    .describe('The same for WebSockets and other upgraded connections.'),
  GATEWAY_TRUSTED_PROXIES: commaList()
    .refine((networks) => networks.every((network) => NETWORK.test(network)), {
      error: 'expected networks with commas, such as 10.0.0.0/8,192.168.1.7',
    })
    .default([])
    .describe(
      'Networks of proxies before the gateway. Their `X-Forwarded-For`, `-Host`, `-Port`, `-Proto` and `X-Request-Id` are believed; those of everybody else are replaced.',
    ),
  ...balancingVariables,
  ...oldRowsVariables,
  GATEWAY_HEAD_MS: durationMs()
    .min(100)
    .default(10_000)
    .describe('How long a client may take to send the head of a request; then it is answered with 408.'),
  GATEWAY_CLIENT_REQUESTS: z.coerce
    .number()
    .min(0.1)
    .max(1_000_000)
    .optional()
    .describe(
      'How many requests a second one client may send, on average over ten seconds; others are answered with 429. Not limited without it.',
    ),
  GATEWAY_CLIENT_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .optional()
    .describe(
      'How many connections one client may hold; others are closed at once. Those of trusted proxies are not limited. Not limited without it.',
    ),
  GATEWAY_BODY_BYTES: z.coerce
    .number()
    .int()
    .min(0)
    .max(2_000_000_000)
    .optional()
    .describe(
      'How large the body of a request may be; a larger one is answered with 413, and one without a length with 411. Not limited without it.',
    ),
  GATEWAY_CACHE: z
    .stringbool()
    .default(false)
    .describe('`true` keeps answers of services whose `Cache-Control` allows it, and answers from there.'),
  GATEWAY_CACHE_BYTES: z.coerce
    .number()
    .int()
    .min(1_048_576)
    .max(4_095 * 1_048_576)
    .default(67_108_864)
    .describe('How much memory kept answers take, of all services together.'),
  GATEWAY_CACHE_OBJECT_BYTES: z.coerce
    .number()
    .int()
    .min(1_024)
    .max(1_073_741_824)
    .default(1_048_576)
    .describe('How large an answer may be to be kept, with its head; half of `GATEWAY_CACHE_BYTES` at most.'),
  GATEWAY_CACHE_MAX_AGE_MS: durationMs()
    .default(600_000)
    .describe('How long an answer is kept at most, whatever it allows.'),
  GATEWAY_WAIT_MS: durationMs()
    .default(30_000)
    .describe(
      'How long a request waits for a service that should run and has no instance that can be reached; then it is answered with 503. `0` answers at once.',
    ),
  GATEWAY_WAIT_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1_000)
    .describe('How many requests may wait at once; others are answered with 503.'),
  GATEWAY_WAIT_REQUESTS_PER_SERVICE: z.coerce
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(100)
    .describe('How many of them for one service.'),
  GATEWAY_PROBE_AGENTS: commaList()
    .prefault(PROBE_AGENTS)
    .describe('Beginnings of the `User-Agent` of health checks, which never wait.'),
  GATEWAY_PROBE_PATHS: commaList()
    .refine((paths) => paths.every((path) => path.startsWith('/')), {
      error: 'expected paths with commas, such as /healthz,/ready',
    })
    .default([])
    .describe('Paths of health checks, which never wait.'),
  GATEWAY_ACCESS_LOG: z
    .stringbool()
    .default(true)
    .describe('`true` logs each request with its service, instance, status and times.'),
  ...certificateVariables(listen),
});

/** Everything that the gateway reads from its environment. */
export const gatewayConfigSchema = withRules(
  withDatabaseRules(schema).refine(({ GATEWAY_FOLDER: folder = '' }) => folder.length <= LONGEST_FOLDER, {
    path: ['GATEWAY_FOLDER'],
    error: `expected a path of ${LONGEST_FOLDER} characters at most, since those of sockets are limited`,
  }),
  [...FEED_RULES, ...certificateRules],
);

export type GatewayConfig = z.output<typeof schema>;

/** Where the files of HAProxy are. */
export const folderOf = ({ GATEWAY_FOLDER: folder }: GatewayConfig, port: number): string =>
  folder ?? join(tmpdir(), `slipway-gateway-${port}`);

interface Feed {
  readonly urls: readonly string[];
  readonly token: Secret;
  readonly caFile?: string;
}

/** Undefined of a gateway that reads the registry itself. */
export function feedOf({
  GATEWAY_FEED_URLS: urls,
  GATEWAY_FEED_TOKEN: token,
  GATEWAY_FEED_CA_FILE: caFile,
}: GatewayConfig): Feed | undefined {
  return urls === undefined || token === undefined ? undefined : { urls, token, caFile };
}

/** Of a gateway without a feed, which has a database. */
export function databaseOf(config: GatewayConfig): GatewayConfig & DatabaseConfig {
  const { DATABASE_URL: url } = config;
  if (url === undefined) throw new Error('a gateway without a feed needs a database');
  return { ...config, DATABASE_URL: url };
}
