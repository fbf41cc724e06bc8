export type DataPlaneErrorCode =
  /** The program is missing, too old, or cannot be started. */
  | 'HAPROXY_MISSING'
  /** It does not start with the configuration that was written for it. */
  | 'HAPROXY_NOT_STARTED'
  /** It does not answer at its socket. */
  | 'HAPROXY_UNREACHABLE'
  /** It refused a command. */
  | 'HAPROXY_REFUSED'
  /** What is wanted cannot be carried by any. */
  | 'NOT_CARRIABLE';

/** What was wanted is not carried. */
export class DataPlaneError extends Error {
  constructor(
    readonly code: DataPlaneErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'DataPlaneError';
  }
}
