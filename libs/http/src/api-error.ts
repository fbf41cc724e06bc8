export interface ApiErrorParts {
  /** HTTP status. */
  readonly status: number;
  /** Stable, upper snake case. */
  readonly code: string;
  readonly message: string;
  /** What to do next. */
  readonly hint: string;
}

/** The body of every answer that is no success: `{code, message, hint}`. */
export class ApiError extends Error implements ApiErrorParts {
  readonly status: number;
  readonly code: string;
  readonly hint: string;

  constructor({ status, code, message, hint }: ApiErrorParts, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ApiError';
    this.status = status;
    this.code = code;
    this.hint = hint;
  }
}
