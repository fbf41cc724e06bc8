import { createHash, type Hash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { extractArchive, type ArchiveLimits, folderTree } from '#libs/archive';
import type { BlobStore } from '#libs/blob';
import { LARGEST_CONFIG_BYTES, parseServiceConfig, type ServiceConfig } from '#libs/contracts';
import { freeBytesAt, inGigabytes } from './free-space.js';
import { SOURCE_PREFIX } from './source-leftovers.js';
import { StepError } from '../../task/domain/task-error.js';
import type { TaskState } from '../../task/domain/task.state.js';
import type { FetchedSource, Sources } from '../ports.js';
import { sourceChanged } from '../source.js';

/** Zips from blob storage, checked and unpacked into a folder of their own. */
export class BlobSources implements Sources {
  constructor(
    private readonly parts: {
      readonly blobs: (container: string | undefined) => BlobStore;
      readonly workDirectory: string;
      readonly limits: ArchiveLimits;
      readonly allowSymlinks: boolean;
      /** What has to be free besides the archive's own size. */
      readonly minFreeBytes: number;
    },
  ) {}

  async fetch(source: TaskState['source'], signal: AbortSignal): Promise<FetchedSource> {
    await mkdir(this.parts.workDirectory, { recursive: true });
    const root = await mkdtemp(join(this.parts.workDirectory, SOURCE_PREFIX));
    const dispose = (): Promise<void> => rm(root, { recursive: true, force: true });
    try {
      const archive = join(root, 'source.zip');
      const directory = join(root, 'tree');
      const store = this.parts.blobs(source.container);
      const { orBlob } = source;
      const found = orBlob === undefined ? undefined : await store.newestOf([source.blob, orBlob]);
      const name = found ?? source.blob;
      const blob = await store.open(name);
      await ensureFree(this.parts.workDirectory, this.parts.minFreeBytes + blob.bytes).catch(
        (error: unknown) => {
          blob.stream.destroy();
          throw error;
        },
      );
      const hash = createHash('sha256');
      await pipeline(blob.stream, hashing(hash), createWriteStream(archive), { signal });
      if (source.sha256 !== undefined && source.sha256 !== hash.digest('hex'))
        throw sourceChanged(source.blob);
      await mkdir(directory);
      const { limits, allowSymlinks } = this.parts;
      const { sourceDigest } = await extractArchive(archive, directory, limits, { allowSymlinks, signal });
      await rm(archive);
      const config = await readConfig(directory, name);
      return { blob: found, sourceDigest, config, directory, tree: await folderTree(directory), dispose };
    } catch (error) {
      await dispose();
      throw isDiskFull(error) ? diskFull('has no space left', { cause: error }) : error;
    }
  }
}

const hashing = (hash: Hash) =>
  async function* (chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };

async function readConfig(directory: string, blob: string): Promise<ServiceConfig> {
  // A byte more than is allowed tells that it is too large.
  const file = createReadStream(join(directory, 'config.json'), { end: LARGEST_CONFIG_BYTES });
  const text = await textOf(file).catch((cause: unknown) => {
    throw new StepError(
      {
        code: 'CONFIG_MISSING',
        message: `${blob} has no config.json at its root.`,
        hint: 'Put config.json beside the code, at the top of the zip (or of its single folder), and push it again.',
      },
      { cause },
    );
  });
  return parseServiceConfig(text);
}

async function ensureFree(folder: string, neededBytes: number): Promise<void> {
  const free = await freeBytesAt(folder);
  if (free === undefined || free >= neededBytes) return;
  throw diskFull(`has ${inGigabytes(free)} free; this source needs ${inGigabytes(neededBytes)}`);
}

const isDiskFull = (error: unknown): boolean =>
  ['ENOSPC', 'EDQUOT'].includes((error as NodeJS.ErrnoException).code ?? '');

function diskFull(state: string, options?: { readonly cause: unknown }): StepError {
  const error = {
    code: 'DEPLOYER_DISK_FULL',
    message: `The disk on which the deployer unpacks sources ${state}.`,
    hint: 'Free space below DEPLOYER_WORK_DIRECTORY, or set another folder. DEPLOYER_MIN_FREE_BYTES sets how much must be free besides the zip. Then send the request again with a new token.',
  };
  return new StepError(error, options);
}
