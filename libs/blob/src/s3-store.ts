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
import type { BlobContainer, BlobPlace, BlobProblem, OpenedBlob } from './blob-store.js';

export interface S3Access {
  /** Of AWS, MinIO or any other that speaks S3. */
  readonly url: string;
  readonly region: string;
  /** PEM file of a private authority. */
  readonly caFile?: string;
  /** How long a connection may be silent before it is tried anew. */
  readonly silentMs?: number;
}

const TRIES = 4;
const CONNECT_MS = 10_000;
const SILENT_MS = 30_000;

/** Who asks is found as every tool of AWS finds it. */
export function openS3({ url, region, caFile, silentMs = SILENT_MS }: S3Access): BlobPlace {
  const ca = caFile === undefined ? undefined : readFileSync(caFile, 'utf8');
  const client = new S3Client({
    ...{ endpoint: url, region, maxAttempts: TRIES },
    // Buckets as hosts need a DNS name each, which servers of one's own rarely have. AWS takes both forms.
    forcePathStyle: true,
    // Servers of other makers know no checksums but those that S3 requires.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: {
      // The client has no limits of its own.
      ...{ connectionTimeout: CONNECT_MS, socketTimeout: silentMs },
      ...(ca !== undefined && { httpsAgent: new Agent({ ca, keepAlive: true }) }),
    },
  });
  return {
    variables: 'S3_URL, AWS_REGION and the AWS identity',
    container: (name) => new S3Bucket(client, name),
    problemOf,
  };
}

class S3Bucket implements BlobContainer {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  async open(name: string): Promise<OpenedBlob> {
    const first = await this.get(name);
    const { ETag: etag = '', ContentLength: bytes = 0 } = first;
    const part = { body: bodyOf(first) };
    const stream = Readable.from(this.read(name, etag, part), { objectMode: false });
    // Also where nobody reads: a body that is left alone keeps its connection.
    stream.once('close', () => part.body.destroy());
    return { stream, etag, bytes };
  }

  async upload(name: string, content: Buffer): Promise<void> {
    const put = new PutObjectCommand({ Bucket: this.bucket, Key: name, Body: content });
    try {
      await this.client.send(put);
    } catch (error) {
      if (!isNamed(error, 'NoSuchBucket')) throw error;
      await this.createBucket();
      await this.client.send(put);
    }
  }

  async writtenAt(name: string): Promise<Date | undefined> {
    const head = new HeadObjectCommand({ Bucket: this.bucket, Key: name });
    return (await this.client.send(head)).LastModified;
  }

  async remove(name: string): Promise<void> {
    await this.client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: name }));
  }

  private get(name: string, offset = 0, etag?: string): Promise<GetObjectCommandOutput> {
    const rest = offset > 0 ? { Range: `bytes=${offset}-`, IfMatch: etag } : {};
    return this.client.send(new GetObjectCommand({ Bucket: this.bucket, Key: name, ...rest }));
  }

  /** A connection that breaks is made again, for the rest of the same version. */
  private async *read(name: string, etag: string, part: { body: Readable }): AsyncGenerator<Buffer> {
    let offset = 0;
    for (let left = TRIES; ; left -= 1) {
      try {
        for await (const chunk of part.body) {
          offset += (chunk as Buffer).length;
          yield chunk as Buffer;
        }
        return;
      } catch (error) {
        if (left === 1) throw error;
      }
      part.body = bodyOf(await this.get(name, offset, etag));
    }
  }

  /** Another one may make it at the same time. */
  private async createBucket(): Promise<void> {
    try {
      await this.client.send(new CreateBucketCommand({ Bucket: this.bucket }));
    } catch (error) {
      if (!isNamed(error, 'BucketAlreadyOwnedByYou')) throw error;
    }
  }
}

const bodyOf = ({ Body: body }: GetObjectCommandOutput): Readable => body as Readable;

const isNamed = (error: unknown, name: string): boolean =>
  error instanceof S3ServiceException && error.name === name;

function problemOf(error: unknown): BlobProblem {
  if (error instanceof S3ServiceException) {
    const { httpStatusCode: status } = error.$metadata;
    return { isMissing: status === 404, said: `${status ?? ''} ${error.name}`.trim() };
  }
  const { code, name } = error as NodeJS.ErrnoException;
  return { isMissing: false, said: code ?? name };
}
