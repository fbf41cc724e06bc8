import type { CarriedCertificate } from './domain/certificates.js';
import type { Wanted } from './domain/wanted.js';

/** What carries requests. The gateway decides what is carried where; it carries. */
export interface DataPlane {
  /**
   * Resolves once requests are carried so, and none is sent to a server any more that drains or is not wanted. Calls wait
   * for one another. Throws `DataPlaneError` where it could not be done; what was carried before goes on then.
   */
  apply(wanted: Wanted): Promise<void>;
  /** Those of these servers at which requests are in flight. Throws as `apply` does. */
  busy(names: readonly string[]): Promise<readonly string[]>;
}

/** What serves HTTPS. */
export interface TlsPlane {
  /**
   * Resolves once these certificates are served, and no other. Connections go on with the certificate that they began
   * with. Throws as `apply` does. Before the first `apply` they are kept for it.
   */
  serveCertificates(certificates: readonly CarriedCertificate[]): Promise<void>;
  /** What was served under an id last, in PEM, also by an earlier process. */
  keptCertificate(id: string): Promise<string | undefined>;
}
