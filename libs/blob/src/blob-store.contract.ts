import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { BlobStores } from './blob-store.js';

/** What holds for every place behind the port. `places` is called when the tests run. */
export function describeBlobStore(what: string, places: () => BlobStores): void {
  const container = `test-${randomBytes(6).toString('hex')}`;
  const store = () => places()(container);
  const textOf = async (name: string): Promise<string> =>
    (await buffer((await store().open(name)).stream)).toString();

  describe(what, () => {
    it('makes the container at the first upload and gives back what was uploaded', async () => {
      const content = randomBytes(300_000);
      await store().upload('shop/web.zip', content);
      const { stream, bytes } = await store().open('shop/web.zip');
      expect(bytes).toBe(content.length);
      expect(content.equals(await buffer(stream))).toBe(true);
    });

    it('a second upload replaces the first and changes the etag', async () => {
      await store().upload('twice', Buffer.from('1'));
      const first = await store().open('twice');
      await buffer(first.stream);
      await store().upload('twice', Buffer.from('2'));
      const second = await store().open('twice');
      expect((await buffer(second.stream)).toString()).toBe('2');
      expect(second.etag).not.toBe(first.etag);
    });

    it.each([
      ['blob', container],
      ['container', 'no-such-container'],
    ])('a missing %s is BLOB_NOT_FOUND and says where it looked', async (_what, where) => {
      const from = places()(where);
      await expect(from.open('nothing.zip')).rejects.toMatchObject({
        code: 'BLOB_NOT_FOUND',
        retriable: false,
        message: expect.stringContaining(`${where}/nothing.zip`) as string,
      });
      expect(await from.exists('nothing.zip')).toBe(false);
    });

    it('tells whether a blob exists', async () => {
      await store().upload('there', Buffer.from('1'));
      expect([await store().exists('there'), await store().exists('not-there')]).toEqual([true, false]);
    });

    it('finds the newest of several names, to the second, and says all of them where none is there', async () => {
      await store().upload('newest_a', Buffer.from('1'));
      expect(await store().newestOf(['newest-a', 'newest_a'])).toBe('newest_a');
      const written = await until('a later second', async () => {
        await store().upload('newest-a', Buffer.from('2'));
        const name = await store().newestOf(['newest_a', 'newest-a']);
        return name === 'newest-a' ? name : undefined;
      });
      expect(written).toBe('newest-a');
      await expect(store().newestOf(['no_such', 'no-such'])).rejects.toMatchObject({
        code: 'BLOB_NOT_FOUND',
        message: `There is no blob ${container}/no_such, and no ${container}/no-such.`,
      });
    });

    it('several uploads of one name at once leave one of them whole', async () => {
      const contents = Array.from({ length: 5 }, (_, n) => Buffer.alloc(100_000, String(n)));
      await Promise.all(contents.map((content) => store().upload('at-once', content)));
      expect(contents.map(String)).toContain(await textOf('at-once'));
    });

    it('a name with .. reached a blob of another container: it is not found', async () => {
      await store().upload('inside', Buffer.from('1'));
      await expect(places()(`${container}-other`).open(`../${container}/inside`)).rejects.toMatchObject({
        code: 'BLOB_NOT_FOUND',
      });
    });

    it('removes a blob; removing what is not there is no error', async () => {
      await store().upload('gone', Buffer.from('1'));
      await store().remove('gone');
      expect(await store().exists('gone')).toBe(false);
      await store().remove('gone');
    });
  });
}
