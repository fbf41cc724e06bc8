import { randomUUID } from 'node:crypto';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type BlobStore, type BlobStores, newestOf, type OpenedBlob } from './blob-store.js';
import { notFound, unavailable } from './errors.js';

const VARIABLES = 'SLIPWAY_BLOB_FOLDER, its rights and its disk';
/** Where blobs are while they are written: no blob's name begins with a dot. */
const PARTS = '.parts';

const isCode = (error: unknown, ...codes: readonly string[]): boolean =>
  codes.includes((error as NodeJS.ErrnoException).code ?? '');

export const openFolder =
  (root: string): BlobStores =>
  (container) =>
    new FolderBlobStore(root, container);

/** Files in a folder below one on disk, which whoever reads and whoever writes share. */
class FolderBlobStore implements BlobStore {
  constructor(
    private readonly root: string,
    private readonly container: string,
  ) {}

  async open(name: string): Promise<OpenedBlob> {
    return this.call(name, async (path) => {
      const file = await open(path);
      try {
        const { size, ino, mtimeNs } = await file.stat({ bigint: true });
        return { stream: file.createReadStream(), etag: `${ino}-${mtimeNs}`, bytes: Number(size) };
      } catch (error) {
        await file.close();
        throw error;
      }
    });
  }

  /** Written beside, then renamed: nobody reads half a blob, and who reads the old one reads it to its end. */
  async upload(name: string, content: Buffer): Promise<void> {
    await this.call(name, async (path) => {
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
    });
  }

  newestOf(names: readonly string[]): Promise<string> {
    return newestOf(this.container, names, (name) => this.writtenAt(name));
  }

  async exists(name: string): Promise<boolean> {
    return (await this.writtenAt(name)) !== undefined;
  }

  async remove(name: string): Promise<void> {
    await this.call(name, (path) => rm(path, { force: true }));
  }

  private async writtenAt(name: string): Promise<Date | undefined> {
    const found = await this.call(name, (path) =>
      stat(path).catch((error: unknown) => {
        if (isCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
        throw error;
      }),
    );
    return found?.isFile() === true ? found.mtime : undefined;
  }

  private async call<T>(name: string, work: (path: string) => Promise<T>): Promise<T> {
    const where = `${this.container}/${name}`;
    const path = pathIn(this.root, [this.container, ...name.split('/')]);
    if (path === undefined) throw notFound([where]);
    try {
      return await work(path);
    } catch (cause) {
      if (isCode(cause, 'ENOENT', 'ENOTDIR', 'EISDIR')) throw notFound([where], { cause });
      throw unavailable(
        { where, said: (cause as NodeJS.ErrnoException).code ?? 'no answer', variables: VARIABLES },
        cause,
      );
    }
  }
}

/** Undefined for a name that could lead out of the folder, which no blob has: requests name blobs. */
function pathIn(root: string, parts: readonly string[]): string | undefined {
  const isPlain = (part: string): boolean => /^[^.\\\0][^\\\0]*$/.test(part);
  return parts.every(isPlain) ? join(root, ...parts) : undefined;
}
