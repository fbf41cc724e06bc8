import type { Readable } from 'node:stream';
import { BlobServiceClient, type ContainerClient, RestError } from '@azure/storage-blob';
import { BlobError } from './errors.js';

export interface BlobStoreOptions {
  readonly connectionString: string;
  readonly container: string;
}

export interface OpenedBlob {
  readonly stream: Readable;
  readonly etag: string;
  readonly bytes: number;
}

const TRIES = 4;
const TRY_TIMEOUT_MS = 30_000;

/** One container of Azure blob storage (or Azurite). */
export class BlobStore {
  private readonly client: ContainerClient;
  private readonly container: string;

  constructor({ connectionString, container }: BlobStoreOptions) {
    const retryOptions = { maxTries: TRIES, tryTimeoutInMs: TRY_TIMEOUT_MS };
    this.client = BlobServiceClient.fromConnectionString(connectionString, {
      retryOptions,
    }).getContainerClient(container);
    this.container = container;
  }

  /** Opens a blob for reading; the stream goes on where a broken connection left it. */
  async open(name: string): Promise<OpenedBlob> {
    const response = await this.call(name, () =>
      this.client.getBlobClient(name).download(0, undefined, { maxRetryRequests: TRIES }),
    );
    const { readableStreamBody, etag = '', contentLength = 0 } = response;
    if (readableStreamBody === undefined) throw new Error('a download in Node has a stream');
    return { stream: readableStreamBody as Readable, etag, bytes: contentLength };
  }

  /** Writes a blob whole, over what was there; makes the container when there is none. */
  async upload(name: string, content: Buffer): Promise<void> {
    await this.call(name, async () => {
      await this.client.createIfNotExists();
      await this.client.getBlockBlobClient(name).uploadData(content);
    });
  }

  /**
   * The name of the blob that was written last, to the second; where two are equal, the first.
   * Throws BLOB_NOT_FOUND if there is none of these names.
   */
  async newestOf(names: readonly string[]): Promise<string> {
    const found = await Promise.all(names.map(async (name) => ({ name, at: await this.writtenAt(name) })));
    const [newest] = found
      .flatMap(({ name, at }) => (at === undefined ? [] : [{ name, at }]))
      .sort((one, other) => other.at.getTime() - one.at.getTime());
    if (newest === undefined) throw notFound(names.map((name) => `${this.container}/${name}`));
    return newest.name;
  }

  /** Undefined where there is no such blob. */
  private async writtenAt(name: string): Promise<Date | undefined> {
    try {
      return (await this.client.getBlobClient(name).getProperties()).lastModified;
    } catch (cause) {
      if (cause instanceof RestError && cause.statusCode === 404) return undefined;
      throw this.named(name, cause);
    }
  }

  async exists(name: string): Promise<boolean> {
    return this.call(name, () => this.client.getBlobClient(name).exists());
  }

  /** Removes a blob; none of that name is no error. */
  async remove(name: string): Promise<void> {
    await this.call(name, () => this.client.getBlobClient(name).deleteIfExists());
  }

  private async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw this.named(name, cause);
    }
  }

  private named(name: string, cause: unknown): unknown {
    if (!(cause instanceof RestError)) return cause;
    const where = `${this.container}/${name}`;
    if (cause.statusCode === 404) return notFound([where], { cause });
    const said = `${cause.statusCode ?? cause.code ?? 'no answer'}`;
    return new BlobError(
      'BLOB_UNAVAILABLE',
      `Blob storage refused ${where}: ${said}.`,
      'Check AZURE_STORAGE_CONNECTION_STRING and that the storage answers.',
      { cause },
    );
  }
}

const notFound = (places: readonly string[], options?: { readonly cause: unknown }): BlobError =>
  new BlobError(
    'BLOB_NOT_FOUND',
    `There is no blob ${places.join(', and no ')}.`,
    `Upload it first, then send the request again: slipway push`,
    options,
  );
