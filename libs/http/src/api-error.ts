export interface ApiErrorParts {
  /** HTTP status. */
  readonly status: number;
  /** Stable, upper snake case. */
  readonly code: string;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
  /** Each of several things that are wrong, where a route says so. */
  readonly problems?: readonly object[];
}

/** The body of every answer that is no success: `{code, message, hint}`, and `problems` where a route says so. */
export class ApiError extends Error implements ApiErrorParts {
  readonly status: number;
  readonly code: string;
  readonly hint: string;
  readonly problems?: readonly object[];

  constructor({ status, code, message, hint, problems }: ApiErrorParts, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.hint = hint;
    this.problems = problems;
  }
}
