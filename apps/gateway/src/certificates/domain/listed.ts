import { type Certificate, type CertificateSource, renewAtMs } from './certificate.js';
import { coveredBy } from './host-names.js';

/** A certificate that is served, or one that is missing. Times are milliseconds since 1970. */
export interface Listed {
  /** Of the certificate; of one that is missing, the host or the file. */
  readonly names: readonly string[];
  readonly source: CertificateSource;
  readonly isServed: boolean;
  readonly issuer?: string;
  readonly expiresMs?: number;
  /** Of a certificate that the gateway renews. */
  readonly renewsMs?: number;
  readonly error?: { readonly code: string; readonly message: string; readonly atMs?: number };
  /** After a failure. */
  readonly nextTryMs?: number;
}

interface ListInput {
  readonly served: readonly Certificate[];
  readonly problems: readonly {
    readonly file: string;
    readonly isServed: boolean;
    readonly error: Error & { readonly code: string };
  }[];
  /** Hosts that the authority is asked for. */
  readonly ordered: readonly string[];
  /** Patterns of routes for which an authority signs only by DNS. */
  readonly unordered: readonly string[];
  readonly states: readonly {
    readonly host: string;
    readonly nextMs: number;
    readonly lastError?: { readonly code: string; readonly message: string; readonly atMs: number };
  }[];
}

/** What there is and what is missing, by name. */
export function listed({ served, problems, ordered, unordered, states }: ListInput): readonly Listed[] {
  const byHost = new Map(states.map((state) => [state.host, state]));
  const failureOf = (host: string): Pick<Listed, 'error' | 'nextTryMs'> => {
    const state = byHost.get(host);
    return state?.lastError === undefined ? {} : { error: state.lastError, nextTryMs: state.nextMs };
  };
  const all: readonly Listed[] = [
    ...served.map((one) => ofCertificate(one, failureOf(one.names[0] ?? ''))),
    ...ordered
      .filter((host) => !served.some(({ source, names }) => source === 'acme' && coveredBy(names, host)))
      .map((host) => ({ names: [host], source: 'acme', isServed: false, ...failureOf(host) }) as const),
    ...unordered
      .filter((host) => !served.some(({ names }) => names.includes(host)))
      .map((host) => ({ names: [host], source: 'acme', isServed: false, error: ofPattern(host) }) as const),
    ...problems.map(({ file, error }) => ({
      ...{ names: [file], source: 'file' as const, isServed: false },
      error: { code: error.code, message: error.message },
    })),
  ];
  return all.toSorted((a, b) => ((a.names[0] ?? '') < (b.names[0] ?? '') ? -1 : 1));
}

const ofPattern = (host: string): NonNullable<Listed['error']> => ({
  code: 'ACME_PATTERN',
  message: `an authority signs ${host} only by a challenge in DNS, which the gateway does not do`,
});

function ofCertificate(
  { names, source, issuer, notBeforeMs, notAfterMs }: Certificate,
  failure: Pick<Listed, 'error' | 'nextTryMs'>,
): Listed {
  const renewsMs = renewAtMs({ notBeforeMs, notAfterMs }, names[0] ?? '');
  return {
    ...{ names, source, isServed: true, issuer, expiresMs: notAfterMs },
    ...(source !== 'file' && { renewsMs }),
    ...(source === 'acme' && failure),
  };
}
