import { BlobStore } from '#libs/blob';
import { orFail } from '../errors.js';
import { blobSettings } from '../settings.js';

/** Sends one source; the blob of that name is replaced. */
export async function uploadSource(blob: string, bytes: Buffer): Promise<void> {
  const settings = blobSettings();
  const store = new BlobStore({
    connectionString: settings.AZURE_STORAGE_CONNECTION_STRING.reveal(),
    container: settings.SLIPWAY_BLOB_CONTAINER,
  });
  const hint = 'Check that the storage of AZURE_STORAGE_CONNECTION_STRING answers.';
  await orFail('BLOB_UNAVAILABLE', { hint }, () => store.upload(blob, bytes));
}
