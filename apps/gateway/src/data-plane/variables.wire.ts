import { z } from 'zod';
import { commaList, durationMs, keyValueList } from '#libs/config';
import { type Profile, profiles } from './domain/wanted.js';

const NETWORK = /^[0-9a-f:.]+(\/\d{1,3})?$/i;
const MOST_BACKENDS = 10_000;

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

/** The variables of HAProxy itself. */
export const haproxyVariables = {
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
};

/** What clients may send, and which answers are kept. */
export const requestVariables = {
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
};
