import { type BlobSettings, blobSettingsOf } from './blob-variables.js';
import { notFound } from './errors.js';
import type { BlobStore, BlobStores, OpenedBlob } from './blob-store.js';

export type BlobPlace = Omit<BlobSettings, 'SLIPWAY_BLOB_CONTAINER'>;

/** The place that the settings name. Its client is loaded when it is used first: each takes a part of a second. */
export function blobStores(place: BlobPlace): BlobStores {
  let opened: Promise<BlobStores> | undefined;
  const load = (): Promise<BlobStores> => (opened ??= open(place));
  return (container) => new LateBlobStore(container, async () => (await load())(container));
}

/** The store of the place and container that an environment names. */
export function blobStoreOf(env: Readonly<Record<string, string | undefined>>): BlobStore {
  const settings = blobSettingsOf(env);
  return blobStores(settings)(settings.SLIPWAY_BLOB_CONTAINER);
}

async function open(place: BlobPlace): Promise<BlobStores> {
  const { AZURE_STORAGE_CONNECTION_STRING: connectionString, AZURE_STORAGE_URL: azure } = place;
  const { S3_URL: s3, S3_CA_FILE: caFile, AWS_REGION: region, SLIPWAY_BLOB_FOLDER: folder } = place;
  if (folder !== undefined) return (await import('./folder-store.js')).openFolder(folder);
  if (s3 !== undefined) return (await import('./s3-store.js')).openS3({ url: s3, region, caFile });
  const { openAzure } = await import('./azure-store.js');
  if (azure !== undefined) return openAzure({ url: azure.reveal() });
  if (connectionString !== undefined) return openAzure({ connectionString: connectionString.reveal() });
  throw new Error('a place for blobs is named');
}

/** Clients of storages resolve `..` as paths do, and would so reach another container: no blob is named like that. */
const isPlain = (name: string): boolean =>
  !name.includes('\0') && name.split(/[/\\]/).every((part) => part !== '.' && part !== '..');

class LateBlobStore implements BlobStore {
  private store: Promise<BlobStore> | undefined;

  constructor(
    private readonly container: string,
    private readonly load: () => Promise<BlobStore>,
  ) {}

  async open(name: string): Promise<OpenedBlob> {
    return (await this.storeFor(name)).open(name);
  }

  async upload(name: string, content: Buffer): Promise<void> {
    return (await this.storeFor(name)).upload(name, content);
  }

  async newestOf(names: readonly string[]): Promise<string> {
    return (await this.storeFor(...names)).newestOf(names);
  }

  async exists(name: string): Promise<boolean> {
    return (await this.storeFor(name)).exists(name);
  }

  async remove(name: string): Promise<void> {
    return (await this.storeFor(name)).remove(name);
  }

  private async storeFor(...names: readonly string[]): Promise<BlobStore> {
    if (!names.every(isPlain)) throw notFound(names.map((name) => `${this.container}/${name}`));
    return (this.store ??= this.load());
  }
}
