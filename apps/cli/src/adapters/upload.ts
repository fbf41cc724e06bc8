import type { BlobStore } from '#libs/blob';
import { orFail, READ_SETTINGS } from '../errors.js';
import { blobSettings } from '../settings.js';

const details = {
  hint: 'Check that the platform is up, and that the storage in AZURE_STORAGE_CONNECTION_STRING answers.',
  next: READ_SETTINGS,
};

/** Sends one source; the blob of that name is replaced. */
export async function uploadSource(blob: string, bytes: Buffer): Promise<void> {
  await orFail('BLOB_UNAVAILABLE', details, async () => (await openStore()).upload(blob, bytes));
}

/** Removes one source; none of that name is no error. */
export async function removeSource(blob: string): Promise<void> {
  await orFail('BLOB_UNAVAILABLE', details, async () => (await openStore()).remove(blob));
}

async function openStore(): Promise<BlobStore> {
  const { BlobStore } = await import('#libs/blob'); // Not at the start: most commands need no storage.
  const settings = blobSettings();
  return new BlobStore({
    connectionString: settings.AZURE_STORAGE_CONNECTION_STRING.reveal(),
    container: settings.SLIPWAY_BLOB_CONTAINER,
  });
}
