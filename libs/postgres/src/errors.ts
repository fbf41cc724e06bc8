/** Another writer appended first: fold again and decide anew. */
export class ConcurrencyError extends Error {
  readonly code = 'CONCURRENT_APPEND';
  readonly kind = 'retriable';
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
  readonly kind = 'permanent';
  readonly hint = 'Stop: another replica continues this task.';

  constructor(
    readonly workId: string,
    readonly fence: bigint,
  ) {
    super(`The lease of ${workId} with fence ${fence} is held by another.`);
    this.name = 'LeaseLostError';
  }
}

/** A statement failed, the caller went on, and Postgres rolled the transaction back at its end. */
export class TransactionAbortedError extends Error {
  readonly code = 'TRANSACTION_ABORTED';
  readonly kind = 'permanent';
  readonly hint =
    'Let the error of a failed statement leave the transaction; nothing after it can be stored.';

  constructor() {
    super('The transaction was rolled back: one of its statements had failed.');
    this.name = 'TransactionAbortedError';
  }
}

/** A connection tried on several addresses fails with an AggregateError that says nothing itself. */
function said(cause: unknown): string {
  if (cause instanceof AggregateError) return cause.errors.map(said).join('; ');
  return cause instanceof Error ? cause.message : String(cause);
}

/** No answer to a query: the database is away, ends, or has no session free. Whether it was carried out is not known. */
export class DatabaseUnavailableError extends Error {
  readonly code = 'DATABASE_UNAVAILABLE';
  readonly kind = 'retriable';
  readonly hint = 'Check that the database in DATABASE_URL runs, then try again.';

  constructor(cause: unknown) {
    super(`The database does not answer: ${said(cause)}`, { cause });
    this.name = 'DatabaseUnavailableError';
  }
}

/** A role of the database cannot be made as it was asked for. */
export class DatabaseRoleError extends Error {
  readonly code = 'DATABASE_ROLE';
  readonly kind = 'permanent';
  readonly hint = 'Set the URL of the app, with its role and password, and run the command again.';

  constructor(
    /** The role, or the variable that should name it. */
    readonly subject: string,
    problem: string,
  ) {
    super(`${subject} ${problem}.`);
    this.name = 'DatabaseRoleError';
  }
}

export type MigrationErrorCode = 'SCHEMA_NAME_INVALID' | 'DATABASE_IS_NEWER';

/** The schema cannot be brought up to date by this version of the code. */
export class MigrationError extends Error {
  readonly kind = 'permanent';

  constructor(
    readonly code: MigrationErrorCode,
    message: string,
    readonly hint: string,
    readonly details: Readonly<Record<string, string>>,
  ) {
    super(message);
    this.name = 'MigrationError';
  }
}

/** A migration got no lock on a table as often as it tried. What was applied before it stays. */
export class MigrationBlockedError extends Error {
  readonly code = 'MIGRATION_BLOCKED';
  readonly kind = 'retriable';
  readonly hint = 'Wait until the sessions end, or end them; then start again.';

  constructor(
    readonly file: string,
    tries: string,
    /** Sessions that lock tables of the schema. Empty where they ended after the last try. */
    readonly holders: readonly string[],
    options: { readonly cause: unknown },
  ) {
    const by = holders.length === 0 ? 'they have ended now' : holders.join('; ');
    super(
      `The migration ${file} got no lock in ${tries}. Sessions that lock tables of its schema: ${by}.`,
      options,
    );
    this.name = 'MigrationBlockedError';
  }
}

export type DatabaseStartErrorCode = 'DATABASE_CONNECTION' | 'DATABASE_POOLER' | 'DATABASE_INCOMPLETE';

interface DatabaseStartErrorOptions {
  readonly cause?: unknown;
  /** It does not answer now; nothing speaks against the variables. */
  readonly isAway?: boolean;
}

/** The database, as it is or as the variables name it, cannot be used. The message names the variable and what to do. */
export class DatabaseStartError extends Error {
  readonly kind = 'permanent';
  readonly isAway: boolean;

  constructor(
    readonly code: DatabaseStartErrorCode,
    message: string,
    { isAway = false, ...options }: DatabaseStartErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'DatabaseStartError';
    this.isAway = isAway;
  }
}

/** Whether an app that does not start for this would start once the database is back, with nothing set differently. */
export function isDatabaseAway(error: unknown): boolean {
  if (error instanceof DatabaseUnavailableError) return true;
  return error instanceof DatabaseStartError && (error.isAway || isDatabaseAway(error.cause));
}
