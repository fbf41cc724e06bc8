/** Another writer appended first: fold again and decide anew. */
export class ConcurrencyError extends Error {
  readonly code = 'CONCURRENT_APPEND';
  readonly hint = 'Read the stream again and decide on its new state.';

  constructor(
    readonly stream: string,
    readonly expectedVersion: number,
    options?: { cause?: unknown },
  ) {
    super(`Stream ${stream} is not at version ${expectedVersion} any more.`, options);
    this.name = 'ConcurrencyError';
  }
}

/** The lease went to another owner; nothing may be written any more. */
export class LeaseLostError extends Error {
  readonly code = 'LEASE_LOST';
  readonly hint = 'Stop: another replica carries this task on.';

  constructor(
    readonly workId: string,
    readonly fence: bigint,
  ) {
    super(`The lease of ${workId} with fence ${fence} is held by another.`);
    this.name = 'LeaseLostError';
  }
}
