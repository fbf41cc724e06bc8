/** Node's codes for a certificate that no known authority has signed. */
const UNTRUSTED: ReadonlySet<unknown> = new Set([
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
]);

/** Whether the code of a TLS error means that who signed the certificate is not known here. Pure. */
export const isUntrustedCertificate = (code: unknown): boolean => UNTRUSTED.has(code);
