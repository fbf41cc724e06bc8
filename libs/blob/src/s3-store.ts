import { readFileSync } from 'node:fs';
import { Agent } from 'node:https';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  type GetObjectCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import { type BlobStore, type BlobStores, newestOf, type OpenedBlob } from './blob-store.js';
import { notFound, unavailable } from './errors.js';

export interface S3Access {
  /** Of AWS, MinIO or any other that speaks S3. */
  readonly url: string;
  readonly region: string;
  /** PEM file of a private authority. */
  readonly caFile?: string;
}

const TRIES = 4;
const VARIABLES = 'S3_URL, AWS_REGION and the AWS identity';

export function openS3({ url, region, caFile }: S3Access): BlobStores {
  const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  const client = new S3Client({
    ...{ endpoint: url, region, maxAttempts: TRIES },
    // Buckets as hosts need a DNS name each, which servers of one's own rarely have. AWS takes both forms.
    forcePathStyle: true,
    // Servers of other makers know no checksums but those that S3 requires.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    ...(ca !== undefined && { requestHandler: { httpsAgent: new Agent({ ca, keepAlive: true }) } }),
  });
  return (container) => new S3BlobStore(client, container);
}

/** One bucket of S3. Who asks is found as every tool of AWS finds it. */
class S3BlobStore implements BlobStore {
  constructor(
    private readonly client: S3Client,
    private readonly container: string,
  ) {}

  async open(name: string): Promise<OpenedBlob> {
    const first = await this.get(name);
    const { ETag: etag = '', ContentLength: bytes = 0 } = first;
    return { stream: Readable.from(this.read(name, first, etag), { objectMode: false }), etag, bytes };
  }

  async upload(name: string, content: Buffer): Promise<void> {
    const put = new PutObjectCommand({ Bucket: this.container, Key: name, Body: content });
    await this.call(name, async () => {
      try {
        await this.client.send(put);
      } catch (error) {
        if (!isNamed(error, 'NoSuchBucket')) throw error;
        await this.createBucket();
        await this.client.send(put);
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
    await this.call(name, () =>
      this.client.send(new DeleteObjectCommand({ Bucket: this.container, Key: name })),
    );
  }

  private get(name: string, offset = 0, etag?: string): Promise<GetObjectCommandOutput> {
    const rest = offset > 0 ? { Range: `bytes=${offset}-`, IfMatch: etag } : {};
    return this.call(name, () =>
      this.client.send(new GetObjectCommand({ Bucket: this.container, Key: name, ...rest })),
    );
  }

  /** A connection that breaks is made again, for the rest of the same version. */
  private async *read(name: string, first: GetObjectCommandOutput, etag: string): AsyncGenerator<Buffer> {
    let offset = 0;
    let { Body: body } = first;
    for (let left = TRIES; ; left -= 1) {
      try {
        for await (const chunk of body as Readable) {
          offset += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
        return;
      } catch (error) {
        if (left === 1) throw this.named(name, error);
      }
      ({ Body: body } = await this.get(name, offset, etag));
    }
  }

  /** Another one may make it at the same time. */
  private async createBucket(): Promise<void> {
    try {
      await this.client.send(new CreateBucketCommand({ Bucket: this.container }));
    } catch (error) {
      if (!isNamed(error, 'BucketAlreadyOwnedByYou')) throw error;
    }
  }

  private async writtenAt(name: string): Promise<Date | undefined> {
    try {
      const head = new HeadObjectCommand({ Bucket: this.container, Key: name });
      return (await this.client.send(head)).LastModified;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw this.named(name, error);
    }
  }

  private async call<T>(name: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw this.named(name, error);
    }
  }

  private named(name: string, cause: unknown): Error {
    const where = `${this.container}/${name}`;
    if (isMissing(cause)) return notFound([where], { cause });
    return unavailable({ where, said: reasonOf(cause), variables: VARIABLES }, cause);
  }
}

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof S3ServiceException && error.name === name;

const isMissing = (error: unknown): boolean =>
  error instanceof S3ServiceException && error.$metadata.httpStatusCode === 404;

/** What the storage answered, or why it did not. */
function reasonOf(error: unknown): string {
  if (error instanceof S3ServiceException)
    return `${error.$metadata.httpStatusCode ?? ''} ${error.name}`.trim();
  const { code, name } = error as NodeJS.ErrnoException;
  return code ?? name;
}
