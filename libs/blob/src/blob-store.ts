import type { Readable } from 'node:stream';

export interface OpenedBlob {
  readonly stream: Readable;
  /** Differs once the blob was written again. */
  readonly etag: string;
  readonly bytes: number;
}

/** A place for blobs with one container (a bucket, a folder) in it. Every method throws BlobError, and so does a stream. */
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

/** What an error of a storage means. */
export interface BlobProblem {
  /** There is no such blob. */
  readonly isMissing: boolean;
  /** What the storage answered, or why it did not, in a few words. */
  readonly said: string;
}

/** One container as the client of a storage has it. Its methods and streams throw what that client throws. */
export interface BlobContainer {
  open(name: string): Promise<OpenedBlob>;
  upload(name: string, content: Buffer): Promise<void>;
  writtenAt(name: string): Promise<Date | undefined>;
  remove(name: string): Promise<void>;
}

/** A storage that is open. */
export interface BlobPlace {
  /** Those that say where it is, and who asks. */
  readonly variables: string;
  container(name: string): BlobContainer;
  problemOf(error: unknown): BlobProblem;
}
