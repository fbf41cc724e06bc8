import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { commaList, durationMs, keyValueList } from '#libs/config';
import {
  databaseVariables,
  httpPort,
  replicaName,
  runtimeConfigSchema,
  withRuntimeRules,
} from '#libs/runtime';
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

const POOL_BACKENDS: Readonly<Record<Profile, number>> = { least: 64, weighted: 8, sticky: 8 };
const mapped = (given: Readonly<Record<string, string>>): Partial<Record<Profile, number>> =>
  Object.fromEntries(Object.entries(given).map(([name, text]) => [name, Number(text)]));

const shown = Object.entries(POOL_BACKENDS)
  .map(([name, count]) => `${name}=${count}`)
  .join(',');

const PROBE_AGENTS = 'kube-probe,ELB-HealthChecker,GoogleHC,Consul Health Check,Blackbox Exporter';

const schema = runtimeConfigSchema.extend({
  ...databaseVariables('GATEWAY'),
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
      'How many services of each profile HAProxy can carry before it is reloaded with twice as many: `least`, `weighted`, `sticky`.',
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
});

/** Everything that the gateway reads from its environment. */
export const gatewayConfigSchema = withRuntimeRules(
  schema.refine(({ GATEWAY_FOLDER: folder = '' }) => folder.length <= LONGEST_FOLDER, {
    path: ['GATEWAY_FOLDER'],
    error: `expected a path of ${LONGEST_FOLDER} characters at most, since those of sockets are limited`,
  }),
);

export type GatewayConfig = z.output<typeof schema>;

/** Where the files of HAProxy are. */
export const folderOf = ({ GATEWAY_FOLDER: folder }: GatewayConfig, port: number): string =>
  folder ?? join(tmpdir(), `slipway-gateway-${port}`);
