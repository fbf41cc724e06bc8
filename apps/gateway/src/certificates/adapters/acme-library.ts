import type acme from 'acme-client';
import { AuthorityError } from '../domain/authority-error.js';

export type AcmeLibrary = typeof acme;

/** An authority that does not answer within this time is asked again later. */
const ANSWER_MS = 30_000;
const MOST_BYTES = 1_048_576;
const LONGEST_TEXT = 500;
const TYPE = 'urn:ietf:params:acme:error:';

/** A problem document (RFC 7807), as an authority sends it; it may be anything. */
interface Problem {
  readonly type?: unknown;
  readonly detail?: unknown;
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly data: unknown;
}

let loaded: Promise<AcmeLibrary> | undefined;

/**
 * `acme-client`, loaded only where it is needed. What it does with bad answers is replaced: it would wait for as long as an
 * answer says and ask again, it loses what kind of problem an answer tells, and why there is no answer at all.
 */
export function acmeLibrary(): Promise<AcmeLibrary> {
  loaded ??= import('acme-client').then(({ default: library }) => {
    const { defaults, interceptors } = library.axios;
    defaults.timeout = ANSWER_MS;
    defaults.maxContentLength = MOST_BYTES;
    interceptors.response.clear();
    interceptors.response.use(undefined, answered);
    return library;
  });
  return loaded;
}

/** The library has axios reject every answer, so that it can look at each. */
function answered(error: unknown): Answer {
  const { response } = error as { readonly response?: Answer };
  if (response === undefined) throw error;
  if (response.status >= 400) refuse(response);
  return response;
}

function refuse({ status, headers, data }: Answer): void {
  const { type, detail } = (typeof data === 'object' && data !== null ? data : {}) as Problem;
  const kind = typeof type === 'string' ? type.replace(TYPE, '') : '';
  // The library deals with this one.
  if (kind === 'badNonce') return;
  const text = typeof detail === 'string' ? detail.slice(0, LONGEST_TEXT) : '';
  const message = `the authority answers ${status}${kind === '' ? '' : ` (${kind})`}${text === '' ? '' : `: ${text}`}`;
  const retryAfterMs = waitOf(headers['retry-after']);
  if (kind === 'rateLimited' || status === 429)
    throw new AuthorityError('ACME_RATE_LIMITED', message, { retryAfterMs });
  if (status >= 500) throw new AuthorityError('ACME_UNREACHABLE', message, { retryAfterMs });
  const isAccountGone = kind === 'accountDoesNotExist';
  throw new AuthorityError('ACME_REFUSED', message, { isOrderOver: true, isAccountGone });
}

/** Of a Retry-After header: seconds, or a date. */
function waitOf(header: unknown): number | undefined {
  if (typeof header !== 'string') return undefined;
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isFinite(ms) && ms > 0 ? ms : undefined;
}

/** Runs it; what the network or the library throws becomes an AuthorityError. */
export async function saidByAuthority<T>(directoryUrl: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof AuthorityError) throw error;
    const why =
      error instanceof Error ? error.message || String((error as { code?: string }).code) : String(error);
    throw new AuthorityError(
      'ACME_UNREACHABLE',
      `${directoryUrl} does not answer as an ACME server: ${why}`,
      {
        cause: error,
      },
    );
  }
}
