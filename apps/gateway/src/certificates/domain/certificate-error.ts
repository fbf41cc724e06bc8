export type CertificateErrorCode =
  /** A file is not there, cannot be read or is no PEM. */
  | 'CERTIFICATE_UNREADABLE'
  /** The private key is missing, encrypted, or that of another certificate. */
  | 'CERTIFICATE_KEY_WRONG'
  /** It is for no host name, its time is over or has not come, or HAProxy would not take it. */
  | 'CERTIFICATE_UNUSABLE';

/** A certificate that cannot be served, and why. No message holds a key. */
export class CertificateError extends Error {
  constructor(
    readonly code: CertificateErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'CertificateError';
  }
}
