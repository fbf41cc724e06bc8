import type { Readable } from 'node:stream';
import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient, RestError } from '@azure/storage-blob';
import { type BlobStore, type BlobStores, newestOf, type OpenedBlob } from './blob-store.js';
import { notFound, unavailable } from './errors.js';

/** A connection string, or an address: with a signature (SAS) in its query, or asked as the Azure identity. */
export type AzureAccess = { readonly connectionString: string } | { readonly url: string };

const TRIES = 4;
const TRY_TIMEOUT_MS = 30_000;
const RETRIES = { retryOptions: { maxTries: TRIES, tryTimeoutInMs: TRY_TIMEOUT_MS } };

export function openAzure(access: AzureAccess): BlobStores {
  const service = serviceOf(access);
  const variables =
    'url' in access
      ? 'AZURE_STORAGE_URL, its signature or the Azure identity'
      : 'AZURE_STORAGE_CONNECTION_STRING';
  return (container) => new AzureBlobStore(service, container, variables);
}

/** One container of Azure blob storage (or Azurite). */
class AzureBlobStore implements BlobStore {
  private readonly client: ContainerClient;

  constructor(
    service: BlobServiceClient,
    private readonly container: string,
    private readonly variables: string,
  ) {
    this.client = service.getContainerClient(container);
  }

  async open(name: string): Promise<OpenedBlob> {
    const response = await this.call(name, () =>
      this.client.getBlobClient(name).download(0, undefined, { maxRetryRequests: TRIES }),
    );
    const { readableStreamBody, etag = '', contentLength = 0 } = response;
    if (readableStreamBody === undefined) throw new Error('a download in Node has a stream');
    return { stream: readableStreamBody as Readable, etag, bytes: contentLength };
  }

  async upload(name: string, content: Buffer): Promise<void> {
    const blob = this.client.getBlockBlobClient(name);
    await this.call(name, async () => {
      try {
        await blob.uploadData(content);
      } catch (error) {
        // Asked for only then: a signature may be good for blobs alone.
        if (!(error instanceof RestError) || error.code !== 'ContainerNotFound') throw error;
        await this.client.createIfNotExists();
        await blob.uploadData(content);
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
    await this.call(name, () => this.client.getBlobClient(name).deleteIfExists());
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

  private async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      throw this.named(name, cause);
    }
  }

  private named(name: string, cause: unknown): unknown {
    const where = `${this.container}/${name}`;
    if (!(cause instanceof RestError)) {
      // An identity that is none: the messages of Azure's library name what it tried.
      if (!(cause instanceof Error) || !/Credential|Authentication/.test(cause.name)) return cause;
      return unavailable({ where, said: 'there is no Azure identity', variables: this.variables }, cause);
    }
    if (cause.statusCode === 404) return notFound([where], { cause });
    const said = `${cause.statusCode ?? cause.code ?? 'no answer'}`;
    return unavailable({ where, said, variables: this.variables }, cause);
  }
}

function serviceOf(access: AzureAccess): BlobServiceClient {
  if ('connectionString' in access)
    return BlobServiceClient.fromConnectionString(access.connectionString, RETRIES);
  const isSigned = new URL(access.url).searchParams.has('sig');
  return isSigned
    ? new BlobServiceClient(access.url, undefined, RETRIES)
    : new BlobServiceClient(access.url, new DefaultAzureCredential(), RETRIES);
}
