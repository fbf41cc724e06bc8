import { mkdtempSync, readdirSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  BlobServiceClient,
  generateAccountSASQueryParameters,
  AccountSASPermissions,
  AccountSASResourceTypes,
  AccountSASServices,
  type StorageSharedKeyCredential,
} from '@azure/storage-blob';
import { afterAll, describe, expect, it } from 'vitest';
import { requireEnv, until } from '#libs/testing';
import { describeBlobStore } from './blob-store.contract.js';
import type { BlobStores } from './blob-store.js';
import { blobStores } from './blob-stores.js';
import { blobSettingsOf } from './blob-variables.js';

const connectionString = requireEnv('AZURE_STORAGE_CONNECTION_STRING');
const folder = mkdtempSync(join(tmpdir(), 'slipway-blobs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const placeOf = (env: Readonly<Record<string, string>>): BlobStores => blobStores(blobSettingsOf(env));

/** The address of Azurite with a signature for an hour. */
function signedUrl(): string {
  const { url, credential } = BlobServiceClient.fromConnectionString(connectionString);
  const query = generateAccountSASQueryParameters(
    {
      expiresOn: new Date(Date.now() + 3_600_000),
      permissions: AccountSASPermissions.parse('rwdlc'),
      resourceTypes: AccountSASResourceTypes.parse('sco').toString(),
      services: AccountSASServices.parse('b').toString(),
    },
    credential as StorageSharedKeyCredential,
  );
  return `${url}?${query.toString()}`;
}

describeBlobStore('Azure by a connection string', () =>
  placeOf({ AZURE_STORAGE_CONNECTION_STRING: connectionString }),
);
describeBlobStore('Azure by a signature', () => placeOf({ AZURE_STORAGE_URL: signedUrl() }));
describeBlobStore('a folder', () => placeOf({ SLIPWAY_BLOB_FOLDER: folder }));

describe('a wrong login is BLOB_UNAVAILABLE, names the variable and does not print the login', () => {
  const key = Buffer.from('not the key').toString('base64');
  it.each([
    [
      'AZURE_STORAGE_CONNECTION_STRING',
      connectionString.replace(/AccountKey=[^;]*/, `AccountKey=${key}`),
      key,
    ],
    ['AZURE_STORAGE_URL', `${signedUrl().replace(/sig=[^&]*/, 'sig=bm90IHRoZSBrZXk%3D')}`, 'bm90IHRoZSBrZXk'],
  ])('%s', async (variable, value, login) => {
    const store = placeOf({ [variable]: value })('services');
    const error: unknown = await store.open('twice').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      retriable: true,
      hint: expect.stringContaining(variable) as string,
    });
    expect(String(error)).not.toContain(login);
  });
});

describe('a folder', () => {
  const store = placeOf({ SLIPWAY_BLOB_FOLDER: folder })('services');

  it.each(['/etc/passwd', 'a/../../b', '..', '.parts/x', 'a\\b', 'a//b', ''])(
    'takes no name that could lead elsewhere: %j',
    async (name) => {
      await expect(store.upload(name, Buffer.from('1'))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    },
  );

  it('an upload that is cut off leaves the one before, and no half of itself', async () => {
    await store.upload('whole', Buffer.from('1'));
    await expect(store.upload('whole/below', Buffer.from('2'))).rejects.toMatchObject({
      code: 'BLOB_UNAVAILABLE',
      message: expect.stringContaining('EEXIST') as string,
    });
    expect(await store.exists('whole')).toBe(true);
    expect(readdirSync(join(folder, '.parts'))).toEqual([]);
  });

  it('a folder of blobs is no blob: it was opened, and its stream failed', async () => {
    await store.upload('deep/below', Buffer.from('1'));
    expect(await store.exists('deep')).toBe(false);
    await expect(store.open('deep')).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
    await store.remove('deep');
    await store.remove('deep/below/further');
    expect(await store.exists('deep/below')).toBe(true);
  });

  it('an upload that a folder is in the way of was told to upload first', async () => {
    await store.upload('way/below', Buffer.from('1'));
    for (const name of ['way', 'way/below/further/down'])
      await expect(store.upload(name, Buffer.from('2'))).rejects.toMatchObject({ code: 'BLOB_UNAVAILABLE' });
  });

  it('a blob that nobody reads lets go of its file', async () => {
    await store.upload('unread', Buffer.from('1'));
    const openFiles = () =>
      readdirSync('/proc/self/fd').filter((fd) => linkOf(fd) === join(folder, 'services', 'unread'));
    const { stream } = await store.open('unread');
    expect(openFiles()).toHaveLength(1);
    stream.destroy();
    await until('the file to be closed', () => openFiles().length === 0);
  });
});

/** Of a file that this process has open. */
function linkOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}
