import type { CarriedCertificate } from './domain/certificates.js';
import type { ServerFigures } from './domain/server-figures.js';
import type { SteeringByName } from './domain/steering.js';
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

/** How servers do, and what is made of it. All throw as `apply` does. */
export interface SteeredPlane {
  /**
   * From now on these servers are steered so, also through every later `apply`; only they are looked at. Servers that are
   * not wanted are steered once they are. Resolves at once while nothing is carried.
   */
  steer(changes: SteeringByName): Promise<void>;
  /**
   * From now on no request of these services, by their ids, is sent to an instance after another one may have had it; of all
   * others it is, where that can do no harm. As dear as `apply`, and as seldom.
   */
  withoutRetries(unretried: ReadonlySet<string>): Promise<void>;
  /** Of every server that is carried; none while HAProxy cannot be asked. */
  figures(): Promise<readonly ServerFigures[]>;
  /**
   * Has other servers answer the requests that wait at this one, where that can do no harm: GET, HEAD and OPTIONS without
   * any answer yet, each once. Resolves with how many there were.
   */
  rescue(name: string): Promise<number>;
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
