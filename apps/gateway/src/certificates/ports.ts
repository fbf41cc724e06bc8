import type { Certificate } from './domain/certificate.js';
import type { CertificateError } from './domain/certificate-error.js';
import type { Listed } from './domain/listed.js';
import type { Try } from './domain/order-times.js';

/** A file with a chain and its private key, or one with each. */
export interface CertificateFile {
  readonly chain: string;
  readonly key?: string;
}

export interface OwnProblem {
  /** As it was configured. */
  readonly file: string;
  readonly error: CertificateError;
  /** The certificate that was there before is served on. */
  readonly isServed: boolean;
}

/** Certificates that an operator brings. */
export interface OwnCertificates {
  read(nowMs: number): Promise<{
    readonly certificates: readonly Certificate[];
    readonly problems: readonly OwnProblem[];
  }>;
}

/** Signs for any name, on this machine. Nobody trusts it who was not asked to. */
export interface LocalAuthority {
  /** One certificate for each host; the same as before until it is due for its renewal. */
  certify(hosts: readonly string[], nowMs: number): Promise<readonly Certificate[]>;
}

/** An ACME authority (RFC 8555) with an account. Throws AuthorityError. */
export interface Authority {
  /** Asks for a certificate for one host; the address of the order, by which it can be carried on. */
  begin(host: string): Promise<string>;
  /** Carries an order to its end, and gives the chain in PEM. */
  finish(order: Order, publish: (challenge: Challenge) => Promise<void>): Promise<string>;
}

export interface Order {
  readonly host: string;
  readonly url: string;
  /** PKCS 8 in PEM; the certificate is for it. */
  readonly key: string;
}

/** Who asks for `/.well-known/acme-challenge/<token>` gets the answer. */
export interface Challenge {
  readonly token: string;
  readonly answer: string;
}

/** What was tried for a host, and what came of it. */
export interface HostState extends Try {
  readonly host: string;
  readonly lastError?: { readonly code: string; readonly message: string; readonly atMs: number };
}

/** Certificates of the authority, for every gateway. */
export interface IssuedCertificates {
  /** Also those that have expired: a client then hears what is wrong. Those known from before are not opened again. */
  read(): Promise<readonly Certificate[]>;
  states(): Promise<readonly HostState[]>;
  /** The answer to a challenge that is open. */
  answerTo(token: string): Promise<string | undefined>;
}

/** What the gateway that orders writes. Each throws LeaseLostError once another one orders. */
export interface Orders {
  /** Takes or renews the lease; false where another gateway has it. */
  lead(): Promise<boolean>;
  /** Lets another gateway order at once. */
  resign(): Promise<void>;
  /** The order that is under way for a host, from whichever gateway. */
  open(host: string): Promise<Order | undefined>;
  began(order: Order): Promise<void>;
  publish(host: string, challenge: Challenge): Promise<void>;
  succeeded(order: Order, chain: string): Promise<void>;
  /** `isOver` where the order cannot be carried on. */
  failed(
    host: string,
    failure: {
      readonly code: string;
      readonly message: string;
      readonly nextMs: number;
      readonly isOver: boolean;
    },
  ): Promise<void>;
}

/** Injection token of CertificateList. */
export const CERTIFICATES = Symbol('CertificateList');

/** What this gateway serves and lacks. */
export interface CertificateList {
  list(): Promise<readonly Listed[]>;
}
