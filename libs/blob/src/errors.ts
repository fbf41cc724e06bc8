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

export const notFound = (places: readonly string[], options?: { readonly cause: unknown }): BlobError =>
  new BlobError(
    'BLOB_NOT_FOUND',
    `There is no blob ${places.join(', and no ')}.`,
    `Upload it first, then send the request again: slipway push`,
    options,
  );

/** `variables` are those that say where the storage is, and who asks. */
export const unavailable = (
  { where, said, variables }: { readonly where: string; readonly said: string; readonly variables: string },
  cause: unknown,
): BlobError =>
  new BlobError(
    'BLOB_UNAVAILABLE',
    `Blob storage refused ${where}: ${said}.`,
    `Check ${variables}, and that the storage answers.`,
    { cause },
  );
