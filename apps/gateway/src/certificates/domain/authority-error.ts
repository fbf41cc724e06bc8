export type AuthorityErrorCode =
  /** It does not answer, or not as an ACME server does. */
  | 'ACME_UNREACHABLE'
  /** It could not see that the host is ours. */
  | 'ACME_CHALLENGE_FAILED'
  /** It wants fewer orders. */
  | 'ACME_RATE_LIMITED'
  /** It refuses the account or the host, for good as far as can be seen. */
  | 'ACME_REFUSED';

interface AuthorityErrorOptions extends ErrorOptions {
  readonly retryAfterMs?: number;
  readonly isOrderOver?: boolean;
  readonly isAccountGone?: boolean;
}

/** What an ACME authority did not do. */
export class AuthorityError extends Error {
  /** It asks for a pause for all hosts. */
  readonly retryAfterMs?: number;
  /** The order is no more, or cannot come to a good end: another one must begin. */
  readonly isOrderOver: boolean;
  /** It does not know our account any more. */
  readonly isAccountGone: boolean;

  constructor(
    readonly code: AuthorityErrorCode,
    message: string,
    { retryAfterMs, isOrderOver = false, isAccountGone = false, ...options }: AuthorityErrorOptions = {},
  ) {
    super(message, options);
    this.name = 'AuthorityError';
    if (retryAfterMs !== undefined) this.retryAfterMs = retryAfterMs;
    this.isOrderOver = isOrderOver;
    this.isAccountGone = isAccountGone;
  }
}
