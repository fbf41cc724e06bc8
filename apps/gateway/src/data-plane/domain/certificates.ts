/** Where an authority asks for the answer to its challenge (RFC 8555, 8.3). */
export const CHALLENGE_PATH = '/.well-known/acme-challenge/';

/** A certificate with its private key, as HAProxy serves it. */
export interface CarriedCertificate {
  /** Of its file, unique among all: small letters, digits, `-`, `_` and dots. It stays when the certificate is renewed. */
  readonly id: string;
  /** Its chain, the leaf first, then the private key. No line is empty. */
  readonly pem: string;
  /** The host names that it is for, in lower case; `*.example.com` is every name one label below. */
  readonly names: readonly string[];
  /** Plain HTTP of these hosts is sent on to HTTPS. */
  readonly redirects: boolean;
}

/** What of it HAProxy has. */
export interface Secured {
  /** The digest of each certificate, by its id. */
  readonly digests: ReadonlyMap<string, string>;
  /** Hosts whose plain HTTP is sent on to HTTPS, with `.example.com` for every name one label below. */
  readonly redirected: ReadonlySet<string>;
}

export const securingNothing: Secured = { digests: new Map(), redirected: new Set() };

/** A change of the certificates of a HAProxy that runs. */
export type CertificateOperation =
  | { readonly kind: 'add-certificate'; readonly id: string }
  | { readonly kind: 'replace-certificate'; readonly id: string }
  | { readonly kind: 'remove-certificate'; readonly id: string }
  | { readonly kind: 'add-redirect'; readonly host: string }
  | { readonly kind: 'remove-redirect'; readonly host: string };

/** What is to be secured, with the digest of each certificate. */
export function securedBy(
  certificates: readonly CarriedCertificate[],
  digestOf: (pem: string) => string,
): Secured {
  return {
    digests: new Map(certificates.map(({ id, pem }) => [id, digestOf(pem)])),
    redirected: new Set(
      certificates.filter(({ redirects }) => redirects).flatMap(({ names }) => names.map(redirectKey)),
    ),
  };
}

/** A wildcard is looked up by what is left of the host without its first label. */
const redirectKey = (name: string): string => name.replace(/^\*/, '');

/**
 * What brings HAProxy from one state to the other, in an order without gaps: a host is sent on to HTTPS only while a
 * certificate for it is served.
 */
export function certificateOperations(before: Secured, after: Secured): readonly CertificateOperation[] {
  const changed = [...after.digests].flatMap(([id, digest]): readonly CertificateOperation[] => {
    if (!before.digests.has(id)) return [{ kind: 'add-certificate', id }];
    return before.digests.get(id) === digest ? [] : [{ kind: 'replace-certificate', id }];
  });
  const without = <T>(all: Iterable<T>, held: { has(one: T): boolean }): readonly T[] =>
    [...all].filter((one) => !held.has(one));
  return [
    ...without(before.redirected, after.redirected).map(
      (host) => ({ kind: 'remove-redirect', host }) as const,
    ),
    ...changed,
    ...without(after.redirected, before.redirected).map((host) => ({ kind: 'add-redirect', host }) as const),
    ...without(before.digests.keys(), after.digests).map(
      (id) => ({ kind: 'remove-certificate', id }) as const,
    ),
  ];
}
