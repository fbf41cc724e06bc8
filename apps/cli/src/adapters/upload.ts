import { type BlobStore, blobStores } from '#libs/blob';
import { orFail, READ_SETTINGS } from '../errors.js';
import { blobSettings } from '../settings.js';

const details = {
  hint: 'Check that the platform is up, and that its blob storage answers.',
  next: READ_SETTINGS,
};

/** Sends one source; the blob of that name is replaced. */
export async function uploadSource(blob: string, bytes: Buffer): Promise<void> {
  await orFail('BLOB_UNAVAILABLE', details, () => openStore().upload(blob, bytes));
}

/** Removes one source; none of that name is no error. */
export async function removeSource(blob: string): Promise<void> {
  await orFail('BLOB_UNAVAILABLE', details, () => openStore().remove(blob));
}

function openStore(): BlobStore {
  const settings = blobSettings();
  return blobStores(settings)(settings.SLIPWAY_BLOB_CONTAINER);
}
