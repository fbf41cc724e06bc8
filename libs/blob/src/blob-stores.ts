import type { BlobPlace, BlobStore, BlobStores } from './blob-store.js';
import { type BlobSettings, blobSettingsOf } from './blob-variables.js';
import { LateBlobStore } from './late-blob-store.js';

type PlaceSettings = Omit<BlobSettings, 'SLIPWAY_BLOB_CONTAINER'>;

/** The place that the settings name. Its client is loaded when it is used first: each takes a part of a second. */
export function blobStores(settings: PlaceSettings): BlobStores {
  let opened: Promise<BlobPlace> | undefined;
  const load = (): Promise<BlobPlace> => (opened ??= open(settings));
  return (container) => new LateBlobStore(container, load);
}

/** The store of the place and container that an environment names. */
export function blobStoreOf(env: Readonly<Record<string, string | undefined>>): BlobStore {
  const settings = blobSettingsOf(env);
  return blobStores(settings)(settings.SLIPWAY_BLOB_CONTAINER);
}

async function open(settings: PlaceSettings): Promise<BlobPlace> {
  const { AZURE_STORAGE_CONNECTION_STRING: connectionString, AZURE_STORAGE_URL: azure } = settings;
  const { S3_URL: s3, S3_CA_FILE: caFile, AWS_REGION: region, SLIPWAY_BLOB_FOLDER: folder } = settings;
  if (folder !== undefined) return (await import('./folder-store.js')).openFolder(folder);
  if (s3 !== undefined) return (await import('./s3-store.js')).openS3({ url: s3, region, caFile });
  const { openAzure } = await import('./azure-store.js');
  if (azure !== undefined) return openAzure({ url: azure.reveal() });
  if (connectionString !== undefined) return openAzure({ connectionString: connectionString.reveal() });
  throw new Error('a place for blobs is named');
}
