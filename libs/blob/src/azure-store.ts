import type { Readable } from 'node:stream';
import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient, type ContainerClient, RestError } from '@azure/storage-blob';
import type { BlobContainer, BlobPlace, BlobProblem, OpenedBlob } from './blob-store.js';

/** A connection string, or an address: with a signature (SAS) in its query, or asked as the Azure identity. */
export type AzureAccess = { readonly connectionString: string } | { readonly url: string };

const TRIES = 4;
const TRY_TIMEOUT_MS = 30_000;
const RETRIES = { retryOptions: { maxTries: TRIES, tryTimeoutInMs: TRY_TIMEOUT_MS } };

export function openAzure(access: AzureAccess): BlobPlace {
  const service = serviceOf(access);
  return {
    variables:
      'url' in access
        ? 'AZURE_STORAGE_URL, its signature or the Azure identity'
        : 'AZURE_STORAGE_CONNECTION_STRING',
    container: (name) => new AzureContainer(service.getContainerClient(name)),
    problemOf,
  };
}

function serviceOf(access: AzureAccess): BlobServiceClient {
  if ('connectionString' in access)
    return BlobServiceClient.fromConnectionString(access.connectionString, RETRIES);
  const isSigned = new URL(access.url).searchParams.has('sig');
  return isSigned
    ? new BlobServiceClient(access.url, undefined, RETRIES)
    : new BlobServiceClient(access.url, new DefaultAzureCredential(), RETRIES);
}

/** One container of Azure blob storage (or Azurite). */
class AzureContainer implements BlobContainer {
  constructor(private readonly client: ContainerClient) {}

  async open(name: string): Promise<OpenedBlob> {
    const blob = this.client.getBlobClient(name);
    const response = await blob.download(0, undefined, { maxRetryRequests: TRIES });
    const { readableStreamBody, etag = '', contentLength = 0 } = response;
    if (readableStreamBody === undefined) throw new Error('a download in Node has a stream');
    return { stream: readableStreamBody as Readable, etag, bytes: contentLength };
  }

  async upload(name: string, content: Buffer): Promise<void> {
    const blob = this.client.getBlockBlobClient(name);
    try {
      await blob.uploadData(content);
    } catch (error) {
      // Asked for only then: a signature may be good for blobs alone.
      if (!(error instanceof RestError) || error.code !== 'ContainerNotFound') throw error;
      await this.client.createIfNotExists();
      await blob.uploadData(content);
    }
  }

  async writtenAt(name: string): Promise<Date | undefined> {
    return (await this.client.getBlobClient(name).getProperties()).lastModified;
  }

  async remove(name: string): Promise<void> {
    await this.client.getBlobClient(name).deleteIfExists();
  }
}

function problemOf(error: unknown): BlobProblem {
  if (error instanceof RestError)
    return {
      isMissing: error.statusCode === 404,
      said: `${error.statusCode ?? error.code ?? 'no answer'}`,
    };
  const { name = 'no answer' } = error instanceof Error ? error : {};
  // The messages of Azure's library name what it tried.
  const isOfIdentity = /Credential|Authentication/.test(name);
  return { isMissing: false, said: isOfIdentity ? 'there is no Azure identity' : name };
}
