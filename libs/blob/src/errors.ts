export type BlobErrorCode = 'BLOB_NOT_FOUND' | 'BLOB_UNAVAILABLE';

/** Blob storage said no, or nothing. `retriable` tells whether the same call may work later. */
export class BlobError extends Error {
  readonly retriable: boolean;

  constructor(
    readonly code: BlobErrorCode,
    message: string,
    readonly hint: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
    this.name = 'BlobError';
    this.retriable = code === 'BLOB_UNAVAILABLE';
  }
}
