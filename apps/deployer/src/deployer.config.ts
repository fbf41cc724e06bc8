import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { blobVariables, withOneBlobPlace } from '#libs/blob';
import {
  anyOf,
  byteCount,
  certificateFile,
  commaList,
  durationMs,
  isSet,
  keyValueList,
  neededBy,
  onlyWith,
  readableFile,
  type Rule,
  secret,
  withRules,
} from '#libs/config';
import { accessVariables } from '#libs/http';
import { isTopicName } from '#libs/kafka';
import { dockerLogins, kindOf, parseRegistryUrl, REGISTRY_KINDS } from '#libs/registry';
import {
  databaseVariables,
  httpPort,
  replicaName,
  runtimeConfigSchema,
  withRuntimeRules,
} from '#libs/runtime';
import { parseAtRestKeys, parsePrivateKeys, requestKeyRules, requestKeyVariables } from '#libs/secrets';
import { type BuilderAddress, parseBuilders } from './build/adapters/builder-address.js';

const registryUrl = () =>
  z.url().superRefine((url, context) => {
    if (!URL.canParse(url)) return;
    try {
      parseRegistryUrl(url);
    } catch (error) {
      context.addIssue((error as Error).message);
    }
  });

const HOST_NAME = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*$/;

const isGatewayUrl = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { hostname, pathname, search, hash, username, password } = new URL(text);
  return HOST_NAME.test(hostname) && [pathname, search, hash, username, password].join('') === '/';
};

const builders = () =>
  z.string().transform((text, context): readonly BuilderAddress[] => {
    try {
      return parseBuilders(text);
    } catch (error) {
      context.addIssue((error as Error).message);
      return [];
    }
  });

/** Read at the start to say what is wrong with it, and then for each transfer. */
const loginsFile = () =>
  z.string().superRefine((path, context) => {
    try {
      dockerLogins(readFileSync(path, 'utf8'));
    } catch (error) {
      const isAbsent = error instanceof Error && 'code' in error;
      context.addIssue(isAbsent ? 'expected a file that can be read' : (error as Error).message);
    }
  });

const variables = z.object({
  ...runtimeConfigSchema.shape,
  ...databaseVariables('DEPLOYER'),
  ...blobVariables,
  REGISTRY_URL: registryUrl().describe(
    'The image registry: ACR, ECR or any OCI registry. Its path is the prefix of every repository, as in `https://ghcr.io/my-org`.',
  ),
  REGISTRY_KIND: z.enum(REGISTRY_KINDS).optional().meta({
    description:
      'The kind of the image registry; by default `acr` for hosts that end in `.azurecr.io` (`.cn`, `.us`), `ecr` for `ACCOUNT.dkr.ecr.REGION.amazonaws.com`, else `oci`.',
    shownDefault: 'by the host',
  }),
  REGISTRY_USERNAME: z
    .string()
    .optional()
    .describe(
      'Login of the image registry; without it, ACR is asked as the Azure identity, ECR as the AWS identity and any other registry without a login.',
    ),
  REGISTRY_PASSWORD: secret().optional().describe('Password of `REGISTRY_USERNAME`.'),
  REGISTRY_CA_FILE: certificateFile()
    .optional()
    .describe('The certificate of a private authority that signed the certificate of the image registry.'),
  REGISTRY_LOGINS_FILE: loginsFile()
    .optional()
    .describe(
      'Logins of other registries, for base images and for `"runtime": "image"`: a file with `auths` by host, as `docker login` writes it. Each login goes to its host alone.',
    ),
  AZURE_CLIENT_ID: z
    .string()
    .optional()
    .describe('The Azure identity, where a machine has several, or of a pod.'),
  AZURE_TENANT_ID: z.string().optional().describe('The tenant of a workload identity.'),
  AZURE_FEDERATED_TOKEN_FILE: readableFile()
    .optional()
    .describe('The file with the token of a workload identity.'),
  AZURE_AUTHORITY_HOST: z
    .url()
    .optional()
    .describe('Where an Azure identity logs in, if not in the public cloud.'),
  BUILDERS: builders()
    .optional()
    .describe(
      'Several builders by name: `NAME=unix:///path` or `NAME=ssh://...`; see [Use several builders](../how-to/use-several-builders.md).',
    ),
  BUILDER_CACHE_MAX_BYTES: byteCount()
    .default(20_000_000_000)
    .describe('What the cache of each builder may take.'),
  BUILDER_MIN_FREE_BYTES: byteCount()
    .default(2_000_000_000)
    .describe('What must be free on the disk of a builder before a build.'),
  BUILDER_HOST: z
    .string()
    .regex(/^unix:\/\/\//, 'expected unix:///path/to/docker.sock')
    .default('unix:///var/run/docker.sock')
    .describe('The only builder, where `BUILDERS` is not set: `unix:///path`.'),
  BASE_IMAGES: keyValueList()
    .default({
      python: 'python:3.13-slim',
      node: 'node:24-slim',
      static: 'nginx:1.28',
    })
    .describe(
      'The base image of each runtime, and of a version where there are several: `python=IMAGE,python:3.12=IMAGE,node=IMAGE`.',
    ),
  LEGACY_BASE_IMAGES: keyValueList()
    .default({})
    .describe('For the older form of config.json: the image to use where `language` begins with the name.'),
  ARCHIVE_ALLOW_SYMLINKS: z
    .stringbool()
    .default(false)
    .describe(
      '`true` keeps symbolic links that stay inside a source; otherwise a source with one is refused.',
    ),
  BUILD_CACHE_MOUNTS: z.stringbool().default(true).describe('Whether builds share a cache of packages.'),
  SLIPWAY_DEPLOYER_PRIVATE_KEY: secret(parsePrivateKeys).describe(
    'X25519 private key (JWK, base64url) that opens logins and secrets in transit. Several with commas: each opens; the first one belongs to the public key that is in use.',
  ),
  SLIPWAY_APP_SECRET_KEY: secret(parseAtRestKeys)
    .optional()
    .describe(
      'base64url of 32 bytes, several with commas: secrets of applications are encrypted with the first, and each opens them.',
    ),
  SLIPWAY_SECRET_KEY: secret(parseAtRestKeys)
    .optional()
    .describe('The one key of an older installation: it still opens what was encrypted with it.'),
  ...requestKeyVariables,
  ...accessVariables,
  DEPLOYER_HTTP_PORT: httpPort(),
  DEPLOYER_REPLICA: replicaName(),
  DEPLOYER_REPLY_TOPICS: commaList()
    .refine((names) => names.every(isTopicName), 'expected names of topics: letters, digits, dots, - and _')
    .default([])
    .describe(
      'Topics that a request may name in `replyTo`. The deployer creates those that do not exist when it starts.',
    ),
  DEPLOYER_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(32)
    .describe('Tasks that one replica works on at once.'),
  DEPLOYER_BUILD_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('Builds that one replica runs at once on one builder.'),
  // See `startsAtOnce`.
  DEPLOYER_NODE_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(4)
    .describe('Pulls and starts that one replica runs at once on one node, at most.'),
  DEPLOYER_LEASE_MS: durationMs()
    .default(2_500)
    .describe('How long a task stays with a replica that gives no sign of life.'),
  DEPLOYER_DEADLINE_MS: durationMs().default(900_000).describe('The deadline of a request that names none.'),
  DEPLOYER_HEALTH_TIMEOUT_MS: durationMs()
    .default(60_000)
    .describe(
      'How long an instance may take from its start to its first good answer, if config.json does not say.',
    ),
  DEPLOYER_STABLE_MS: durationMs()
    .default(1_000)
    .describe(
      'How long an instance must stay healthy before the deployment goes on, if config.json does not say. It is 5 s at least for a service that is asked by TCP and whose sockets cannot be read in its container.',
    ),
  SLIPWAY_TRAFFIC_URL: z
    .url({ protocol: /^https?$/, error: 'expected an http or https URL, such as https://example.com' })
    .refine(isGatewayUrl, 'expected a host name in lower case and no path, such as https://example.com')
    .optional()
    .meta({ kind: 'URL' })
    .describe(
      'Where the gateway takes the requests for services, such as `https://example.com` or `http://localhost:8080`: its host is the `GATEWAY_DOMAIN`. Replies, `slipway status` and `slipway open` give addresses below it. Without it they give none, and hosts below `localhost` belong to the applications that they name.',
    ),
  DEPLOYER_DRAIN_MS: durationMs()
    .optional()
    .describe(
      'As `stop.drainMs` of config.json, for services that do not set it. If neither is set, gateways get 5 s to let go of the instance, and without a gateway it is stopped at once.',
    ),
  DEPLOYER_PLACE_WAIT_MS: durationMs()
    .default(60_000)
    .describe(
      'How long an instance that no node takes waits for room, if `placement.waitMs` of config.json does not say; 0: not at all.',
    ),
  DEPLOYER_FETCH_IDLE_MS: durationMs()
    .default(60_000)
    .describe('How long fetching a source may make no progress.'),
  DEPLOYER_BUILD_IDLE_MS: durationMs().default(300_000).describe('How long a build may make no progress.'),
  DEPLOYER_PUSH_IDLE_MS: durationMs().default(120_000).describe('How long a push may make no progress.'),
  DEPLOYER_PULL_IDLE_MS: durationMs().default(120_000).describe('How long a pull may make no progress.'),
  DEPLOYER_START_IDLE_MS: durationMs()
    .default(60_000)
    .describe('How long the start of a container may make no progress.'),
  DEPLOYER_STOP_IDLE_MS: durationMs()
    .default(30_000)
    .describe('How long the stop of a container may make no progress.'),
  RELEASE_RETENTION_INTERVAL_MS: durationMs()
    .default(3_600_000)
    .describe('How often old releases are retired; 0 keeps all, in the image registry and on nodes.'),
  RELEASE_RETENTION_GOOD: z.coerce
    .number()
    .int()
    .min(1)
    .default(5)
    .describe('How many good releases of a service stay for a rollback.'),
  RELEASE_RETENTION_COUNT: z.coerce
    .number()
    .int()
    .min(0)
    .default(20)
    .describe('How many of the newest releases of a service stay, good or not.'),
  RELEASE_RETENTION_DAYS: z.coerce
    .number()
    .min(0)
    .default(30)
    .describe('How many days the releases of `RELEASE_RETENTION_COUNT` stay.'),
  RELEASE_RETENTION_NODES_MS: durationMs()
    .default(300_000)
    .describe('How often each node is looked at for images that may go; 0 keeps all on nodes.'),
  RELEASE_RETENTION_DISK_PERCENT: z.coerce
    .number()
    .min(1)
    .max(100)
    .default(85)
    .describe(
      'How full the disk of a node may be before images go from it that nothing runs there, also those of releases that can be rolled back to; 100 keeps these.',
    ),
  DEPLOYER_NODE_TIMEOUT_MS: durationMs()
    .default(10_000)
    .describe('How long a node may be silent before it counts as unreachable.'),
  DEPLOYER_RECONCILE_MS: durationMs()
    .default(10_000)
    .describe(
      'How often each node is compared with what should run on it, besides at once when an agent sees a difference.',
    ),
  DEPLOYER_REPAIR_LIMIT: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(10)
    .describe('How many attempts an instance gets before it is given up.'),
  DEPLOYER_NODE_GRACE_MS: durationMs()
    .default(4_000)
    .describe('How long a node may be unreachable, as its agent says, before its instances run elsewhere.'),
  DEPLOYER_NODE_LOST_MS: durationMs()
    .default(20_000)
    .describe('The same of a node that no agent watches: how long it may not answer the deployer.'),
  DEPLOYER_ORPHAN_AGE_MS: durationMs()
    .default(60_000)
    .describe('How old a container of ours without a record must be before it is removed.'),
  DEPLOYER_MIN_FREE_BYTES: byteCount()
    .default(500_000_000)
    .describe('What must be free, besides the zip, where sources are unpacked.'),
  DEPLOYER_WORK_DIRECTORY: z.string().default(join(tmpdir(), 'slipway-deployer')).meta({
    description: 'Where sources are unpacked.',
    shownDefault: '`slipway-deployer` in the folder for temporary files',
  }),
});

/** Of whatever the variables hold, which may be wrong. */
function isEcr({ REGISTRY_KIND: kind, REGISTRY_URL: url }: Readonly<Record<string, unknown>>): boolean {
  if (kind !== undefined) return kind === 'ecr';
  return typeof url === 'string' && URL.canParse(url) && kindOf(url) === 'ecr';
}

const REGISTRY_RULES: readonly Rule[] = [
  neededBy('REGISTRY_PASSWORD', (given) => isSet(given, 'REGISTRY_USERNAME')),
  onlyWith(
    'REGISTRY_PASSWORD',
    (given) => isSet(given, 'REGISTRY_USERNAME'),
    'expected REGISTRY_USERNAME with it',
  ),
  onlyWith(
    'REGISTRY_USERNAME',
    (given) => !isEcr(given),
    'expected none: ECR is asked as the AWS identity, whose logins end after 12 hours',
  ),
];

/** Everything that the deployer reads from its environment. */
export const deployerConfigSchema = withRules(withOneBlobPlace(withRuntimeRules(variables)), [
  ...REGISTRY_RULES,
  ...requestKeyRules,
]).refine(...anyOf('SLIPWAY_APP_SECRET_KEY', 'SLIPWAY_SECRET_KEY'));

export type DeployerConfig = z.output<typeof deployerConfigSchema>;

/** The builders, in the order in which they are named. */
export const buildersOf = ({ BUILDERS, BUILDER_HOST }: DeployerConfig): readonly BuilderAddress[] =>
  BUILDERS ?? [{ name: 'local', socketPath: BUILDER_HOST.slice('unix://'.length) }];

/** Two tries of a new connection, or refusals for half the time and then one more, or three keep-alives of one that is up, take so long. */
export const nodeTimeouts = ({ DEPLOYER_NODE_TIMEOUT_MS: ms }: DeployerConfig) => ({
  connectTimeoutMs: ms / 2,
  connectAttempts: 2,
  connectForMs: ms / 2,
  keepaliveMs: Math.ceil(ms / 3),
});
