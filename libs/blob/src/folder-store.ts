import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BlobContainer, BlobPlace, OpenedBlob } from './blob-store.js';
import { notFound } from './errors.js';

/** Where blobs are while they are written: no blob's name begins with a dot. */
const PARTS = '.parts';

const MISSING: ReadonlySet<string> = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'ERR_FS_EISDIR']);

/** Files in folders below one on disk, which whoever reads and whoever writes share. */
export const openFolder = (root: string): BlobPlace => ({
  variables: 'SLIPWAY_BLOB_FOLDER, its rights and its disk',
  container: (name) => new FolderContainer(root, name),
  problemOf(error) {
    const { code = 'no answer' } = error as NodeJS.ErrnoException;
    return { isMissing: MISSING.has(code), said: code };
  },
});

class FolderContainer implements BlobContainer {
  constructor(
    private readonly root: string,
    private readonly container: string,
  ) {}

  async open(name: string): Promise<OpenedBlob> {
    const file = await open(this.pathOf(name));
    try {
      const found = await file.stat({ bigint: true });
      if (!found.isFile()) throw this.notThere(name);
      const etag = `${found.ino}-${found.mtimeNs}`;
      return { stream: file.createReadStream(), etag, bytes: Number(found.size) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Written beside, then renamed: nobody reads half a blob, and who reads the old one reads it to its end. */
  async upload(name: string, content: Buffer): Promise<void> {
    const path = this.pathOf(name);
    const parts = join(this.root, PARTS);
    await mkdir(parts, { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    const part = join(parts, randomUUID());
    try {
      const file = await open(part, 'wx');
      try {
        await file.writeFile(content);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(part, path);
    } catch (error) {
      await rm(part, { force: true });
      throw error;
    }
  }

  async writtenAt(name: string): Promise<Date | undefined> {
    const found = await stat(this.pathOf(name));
    return found.isFile() ? found.mtime : undefined;
  }

  async remove(name: string): Promise<void> {
    await rm(this.pathOf(name), { force: true });
  }

  /** Throws for a name that could lead out of the folder, which no blob has: requests name blobs. */
  private pathOf(name: string): string {
    const parts = [this.container, ...name.split('/')];
    if (!parts.every((part) => /^[^.\\\0][^\\\0]*$/.test(part))) throw this.notThere(name);
    return join(this.root, ...parts);
  }

  private notThere(name: string): Error {
    return notFound([`${this.container}/${name}`]);
  }
}
