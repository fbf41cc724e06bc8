import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { BlobStore } from '#libs/blob';
import { anyOf, byteCount, commaList, durationMs, keyValueList, port, secret } from '#libs/config';
import { REGISTRY_KINDS } from '#libs/registry';
import { databaseUrl, runtimeConfigSchema } from '#libs/runtime';
import { parseAtRestKeys, parsePrivateKey } from '#libs/secrets';
import { parseCrashPoint } from './task/adapters/crash-points.js';
import { type BuilderAddress, isReadable, parseBuilders } from './build/adapters/builder-address.js';

function checkConnectionString(connectionString: string): void {
  try {
    void new BlobStore({ connectionString, container: 'any' });
  } catch (cause) {
    throw new Error('the connection string of an Azure storage account', { cause });
  }
}

const builders = () =>
  z.string().transform((text, context): readonly BuilderAddress[] => {
    try {
      return parseBuilders(text);
    } catch (error) {
      context.addIssue((error as Error).message);
      return [];
    }
  });

function isCrashPoint(text: string): boolean {
  try {
    return parseCrashPoint(text) !== undefined;
  } catch {
    return false;
  }
}

const variables = z.object({
  ...runtimeConfigSchema.shape,
  DATABASE_URL: databaseUrl('DEPLOYER_DATABASE_URL'),
  AZURE_STORAGE_CONNECTION_STRING: secret(checkConnectionString),
  SLIPWAY_BLOB_CONTAINER: z.string().default('services'),
  REGISTRY_URL: z.url(),
  /** By the host's name when left out: `acr` for `*.azurecr.io`, else `oci`. */
  REGISTRY_KIND: z.enum(REGISTRY_KINDS).optional(),
  /** Without one, ACR is asked as the Azure identity of the machine or pod, any other registry without a login. */
  REGISTRY_USERNAME: z.string().optional(),
  REGISTRY_PASSWORD: secret().optional(),
  REGISTRY_CA_FILE: z.string().refine(isReadable, 'a file that can be read').optional(),
  AZURE_CLIENT_ID: z.string().optional(),
  AZURE_TENANT_ID: z.string().optional(),
  AZURE_FEDERATED_TOKEN_FILE: z.string().refine(isReadable, 'a file that can be read').optional(),
  AZURE_AUTHORITY_HOST: z.url().optional(),
  /** The engines that build, where there are several: NAME=unix:///path or NAME=ssh://..., with commas. */
  BUILDERS: builders().optional(),
  /** What the cache of each builder may take. */
  BUILDER_CACHE_MAX_BYTES: byteCount().default(20_000_000_000),
  /** What has to be free on a builder's disk before a build. */
  BUILDER_MIN_FREE_BYTES: byteCount().default(2_000_000_000),
  /** The only engine that builds, where BUILDERS is not set: unix:///path. */
  BUILDER_HOST: z
    .string()
    .regex(/^unix:\/\/\//, 'unix:///path/to/docker.sock')
    .default('unix:///var/run/docker.sock'),
  /** Base image by runtime, and by version where there are several: python=IMAGE,python:3.12=IMAGE,node=IMAGE. */
  BASE_IMAGES: keyValueList().default({
    python: 'python:3.13-slim',
    node: 'node:24-slim',
    static: 'nginx:1.28',
  }),
  /** For older archives: what to build on where their `language` begins so. */
  LEGACY_BASE_IMAGES: keyValueList().default({}),
  /** Symbolic links in a source, as long as they stay inside it; otherwise they are refused. */
  ARCHIVE_ALLOW_SYMLINKS: z.stringbool().default(false),
  BUILD_CACHE_MOUNTS: z.stringbool().default(true),
  SLIPWAY_DEPLOYER_PRIVATE_KEY: secret(parsePrivateKey),
  /** base64url of 32 bytes, several with commas: secrets of applications rest encrypted with the first, each opens them. */
  SLIPWAY_APP_SECRET_KEY: secret(parseAtRestKeys).optional(),
  /** What was one key for logins of nodes and secrets of applications: still opens secrets, which are then renewed. */
  SLIPWAY_SECRET_KEY: secret(parseAtRestKeys).optional(),
  /** Who may ask over HTTP; the second may read only. */
  SLIPWAY_API_TOKEN: secret(),
  SLIPWAY_READ_TOKEN: secret().optional(),
  DEPLOYER_HTTP_PORT: port().default(0),
  DEPLOYER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
  DEPLOYER_REPLY_TOPICS: commaList().default([]),
  DEPLOYER_CONCURRENCY: z.coerce.number().int().min(1).max(500).default(32),
  /** Builds of one builder that one replica does at once. */
  DEPLOYER_BUILD_CONCURRENCY: z.coerce.number().int().min(1).max(100).default(4),
  /** Pulls and starts of one node that one replica does at once at most; see `startsAtOnce`. */
  DEPLOYER_NODE_CONCURRENCY: z.coerce.number().int().min(1).max(100).default(4),
  DEPLOYER_LEASE_MS: durationMs().default(2_500),
  DEPLOYER_DEADLINE_MS: durationMs().default(900_000),
  DEPLOYER_HEALTH_TIMEOUT_MS: durationMs().default(60_000),
  /** An instance that replaces another must stay well for so long first. */
  DEPLOYER_STABLE_MS: durationMs().default(1_000),
  /** Between the moment an instance gets no more traffic and its signal. */
  DEPLOYER_DRAIN_MS: durationMs().default(200),
  /** How long each phase may make no progress. */
  DEPLOYER_FETCH_IDLE_MS: durationMs().default(60_000),
  DEPLOYER_BUILD_IDLE_MS: durationMs().default(300_000),
  DEPLOYER_PUSH_IDLE_MS: durationMs().default(120_000),
  DEPLOYER_PULL_IDLE_MS: durationMs().default(120_000),
  DEPLOYER_START_IDLE_MS: durationMs().default(60_000),
  DEPLOYER_STOP_IDLE_MS: durationMs().default(30_000),
  /** How often old releases are looked for; 0 keeps all. */
  RELEASE_RETENTION_INTERVAL_MS: durationMs().default(3_600_000),
  /** Good releases of a service that stay for a rollback. */
  RELEASE_RETENTION_GOOD: z.coerce.number().int().min(1).default(5),
  /** The newest releases of a service that stay, good or not, ... */
  RELEASE_RETENTION_COUNT: z.coerce.number().int().min(0).default(20),
  /** ... and for how long. */
  RELEASE_RETENTION_DAYS: z.coerce.number().min(0).default(30),
  /** A node that says nothing for so long does not answer. */
  DEPLOYER_NODE_TIMEOUT_MS: durationMs().default(10_000),
  /** For tests: the replica kills itself there, such as `start-instance 0:after`. */
  DEPLOYER_CRASH_AT: z
    .string()
    .refine(isCrashPoint, 'an effect and before, after or stored, such as start-instance 0:after')
    .transform(parseCrashPoint)
    .optional(),
  /** How often each node is compared with what should run on it. */
  DEPLOYER_RECONCILE_MS: durationMs().default(10_000),
  /** How often an instance is brought back, with growing pauses, before it is given up. */
  DEPLOYER_REPAIR_LIMIT: z.coerce.number().int().min(1).max(100).default(10),
  /** A node that has not answered for so long is lost: what ran on it is launched elsewhere. */
  DEPLOYER_NODE_LOST_MS: durationMs().default(20_000),
  /** A container of ours of which nothing is known is removed at this age. */
  DEPLOYER_ORPHAN_AGE_MS: durationMs().default(60_000),
  /** While an image is built, its node pulls what was built before on the same base. */
  DEPLOYER_PULL_AHEAD: z.stringbool().default(false),
  /** What has to be free where sources are unpacked. */
  DEPLOYER_MIN_FREE_BYTES: byteCount().default(500_000_000),
  DEPLOYER_WORK_DIRECTORY: z.string().default(join(tmpdir(), 'slipway-deployer')),
});

/** Everything that the deployer reads from its environment. */
export const deployerConfigSchema = variables
  .refine((config) => config.REGISTRY_USERNAME === undefined || config.REGISTRY_PASSWORD !== undefined, {
    path: ['REGISTRY_PASSWORD'],
    message: 'the password of REGISTRY_USERNAME',
    // Also when other variables are wrong: all problems are told at once.
    when: () => true,
  })
  .refine(...anyOf('SLIPWAY_APP_SECRET_KEY', 'SLIPWAY_SECRET_KEY'));

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
