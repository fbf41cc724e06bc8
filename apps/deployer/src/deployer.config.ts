import { accessSync, constants } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { BlobStore } from '#libs/blob';
import { commaList, durationMs, keyValueList, port, secret } from '#libs/config';
import { runtimeConfigSchema } from '#libs/runtime';
import { parsePrivateKey } from '#libs/secrets';
import { parseCrashPoint } from './adapters/crash-points.js';

function isReadable(path: string): boolean {
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

function checkConnectionString(connectionString: string): void {
  try {
    void new BlobStore({ connectionString, container: 'any' });
  } catch (cause) {
    throw new Error('the connection string of an Azure storage account', { cause });
  }
}

function isCrashPoint(text: string): boolean {
  try {
    return parseCrashPoint(text) !== undefined;
  } catch {
    return false;
  }
}

/** Everything that the deployer reads from its environment. */
export const deployerConfigSchema = z.object({
  ...runtimeConfigSchema.shape,
  AZURE_STORAGE_CONNECTION_STRING: secret(checkConnectionString),
  SLIPWAY_BLOB_CONTAINER: z.string().default('services'),
  REGISTRY_URL: z.url(),
  REGISTRY_USERNAME: z.string().default(''),
  REGISTRY_PASSWORD: secret(),
  REGISTRY_CA_FILE: z.string().refine(isReadable, 'a file that can be read').optional(),
  /** The engine that builds: unix:///path. */
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
  DEPLOYER_HTTP_PORT: port().default(0),
  DEPLOYER_REPLICA: z.string().default(`${hostname()}-${process.pid}`),
  DEPLOYER_REPLY_TOPICS: commaList().default([]),
  DEPLOYER_CONCURRENCY: z.coerce.number().int().min(1).max(500).default(32),
  DEPLOYER_LEASE_MS: durationMs().default(3_000),
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
  /** For tests: the replica kills itself there, such as `start-instance 0:after`. */
  DEPLOYER_CRASH_AT: z
    .string()
    .refine(isCrashPoint, 'an effect and before, after or stored, such as start-instance 0:after')
    .transform(parseCrashPoint)
    .optional(),
  DEPLOYER_WORK_DIRECTORY: z.string().default(join(tmpdir(), 'slipway-deployer')),
});

export type DeployerConfig = z.output<typeof deployerConfigSchema>;
