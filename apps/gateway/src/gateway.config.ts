import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { type Secret, withRules } from '#libs/config';
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
import { waitVariables } from './activator/variables.wire.js';
import { balancingVariables } from './balancing/variables.wire.js';
import { certificateRules, certificateVariables } from './certificates/variables.wire.js';
import { haproxyVariables, requestVariables } from './data-plane/variables.wire.js';
import { feedRules, feedVariables } from './traffic/variables.wire.js';

const LISTEN = /^(\[[0-9a-f:.]+\]|[0-9.]+):(\d{1,5})$/i;
const DOMAIN = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;
/** The kernel takes 107 bytes for the path of a socket, and the names of the files come behind it. */
const LONGEST_FOLDER = 80;

const listen = z.string().transform((text, context) => {
  const [, host, digits] = LISTEN.exec(text) ?? [];
  const port = Number(digits);
  if (host !== undefined && port >= 1 && port <= 65_535) return { host: host.replace(/^\[|\]$/g, ''), port };
  context.addIssue('expected ADDRESS:PORT, such as 127.0.0.1:8080, 0.0.0.0:80 or [::]:80');
  return z.NEVER;
});

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
  ...haproxyVariables,
  ...balancingVariables,
  ...oldRowsVariables,
  ...requestVariables,
  ...waitVariables,
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
  [...feedRules, ...certificateRules],
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
