import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { requireEnv, until } from '#libs/testing';
import { BlobStore } from './index.js';

const connectionString = requireEnv('AZURE_STORAGE_CONNECTION_STRING');
const container = `test-${randomBytes(6).toString('hex')}`;
const store = new BlobStore({ connectionString, container });

describe('BlobStore', () => {
  it('makes the container at the first upload and gives back what was uploaded', async () => {
    const content = randomBytes(300_000);
    await store.upload('shop--web.zip', content);
    const { stream, bytes } = await store.open('shop--web.zip');
    expect(bytes).toBe(content.length);
    expect(content.equals(await buffer(stream))).toBe(true);
  });

  it('a second upload replaces the first and changes the etag', async () => {
    await store.upload('twice', Buffer.from('1'));
    const first = await store.open('twice');
    await buffer(first.stream);
    await store.upload('twice', Buffer.from('2'));
    const second = await store.open('twice');
    expect((await buffer(second.stream)).toString()).toBe('2');
    expect(second.etag).not.toBe(first.etag);
  });

  it.each([
    ['blob', store],
    ['container', new BlobStore({ connectionString, container: 'no-such-container' })],
  ])('a missing %s is BLOB_NOT_FOUND and says where it looked', async (_what, from) => {
    await expect(from.open('nothing.zip')).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
      retriable: false,
      message: expect.stringContaining('/nothing.zip') as string,
    });
  });

  it('a wrong key is BLOB_UNAVAILABLE and does not print the key', async () => {
    const key = Buffer.from('not the key').toString('base64');
    const wrong = new BlobStore({
      connectionString: connectionString.replace(/AccountKey=[^;]*/, `AccountKey=${key}`),
      container,
    });
    const error: unknown = await wrong.open('twice').catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'BLOB_UNAVAILABLE' });
    expect(String(error)).not.toContain(key);
  });

  it('tells whether a blob exists', async () => {
    await store.upload('there', Buffer.from('1'));
    expect([await store.exists('there'), await store.exists('not-there')]).toEqual([true, false]);
  });

  it('finds the newest of several names, to the second, and says all of them where none is there', async () => {
    await store.upload('newest_a', Buffer.from('1'));
    expect(await store.newestOf(['newest-a', 'newest_a'])).toBe('newest_a');
    const written = await until('a later second', async () => {
      await store.upload('newest-a', Buffer.from('2'));
      const name = await store.newestOf(['newest_a', 'newest-a']);
      return name === 'newest-a' ? name : undefined;
    });
    expect(written).toBe('newest-a');
    await expect(store.newestOf(['no_such', 'no-such'])).rejects.toMatchObject({
      code: 'BLOB_NOT_FOUND',
      message: `There is no blob ${container}/no_such, and no ${container}/no-such.`,
    });
  });

  it('removes a blob; removing what is not there is no error', async () => {
    await store.upload('gone', Buffer.from('1'));
    await store.remove('gone');
    expect(await store.exists('gone')).toBe(false);
    await store.remove('gone');
  });
});
