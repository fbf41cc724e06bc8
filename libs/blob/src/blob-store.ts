import type { Readable } from 'node:stream';
import { notFound } from './errors.js';

export interface OpenedBlob {
  readonly stream: Readable;
  /** Differs once the blob was written again. */
  readonly etag: string;
  readonly bytes: number;
}

/** A place for blobs with one container (a bucket, a folder) in it. Every method throws BlobError. */
export interface BlobStore {
  /** Opens a blob for reading; the stream goes on where a broken connection left it. */
  open(name: string): Promise<OpenedBlob>;
  /** Writes a blob whole, over what was there; makes the container when there is none. */
  upload(name: string, content: Buffer): Promise<void>;
  /**
   * The name of the blob that was written last, to the second; where two are equal, the first.
   * Throws BLOB_NOT_FOUND if there is none of these names.
   */
  newestOf(names: readonly string[]): Promise<string>;
  exists(name: string): Promise<boolean>;
  /** Removes a blob; none of that name is no error. */
  remove(name: string): Promise<void>;
}

/** The store of one container. All that one place gives share its connections. */
export type BlobStores = (container: string) => BlobStore;

/** `newestOf` by the time at which each was written; undefined where there is no such blob. */
export async function newestOf(
  container: string,
  names: readonly string[],
  writtenAt: (name: string) => Promise<Date | undefined>,
): Promise<string> {
  const found = await Promise.all(names.map(async (name) => ({ name, at: await writtenAt(name) })));
  const second = (at: Date): number => Math.floor(at.getTime() / 1000);
  const [newest] = found
    .flatMap(({ name, at }) => (at === undefined ? [] : [{ name, at: second(at) }]))
    .sort((one, other) => other.at - one.at);
  if (newest === undefined) throw notFound(names.map((name) => `${container}/${name}`));
  return newest.name;
}
