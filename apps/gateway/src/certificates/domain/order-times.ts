import { renewAtMs, shareOf } from './certificate.js';

/** What was tried for a host since its last success. */
export interface Try {
  readonly failures: number;
  /** Not before; milliseconds since 1970. */
  readonly nextMs: number;
}

export interface Candidate {
  readonly host: string;
  /** The certificate that the authority gave for it. */
  readonly issued?: { readonly notBeforeMs: number; readonly notAfterMs: number };
  readonly tried?: Try;
}

const LONGEST_PAUSE_MS = 12 * 3_600_000;

/**
 * How long a host waits after so many failures: twice as long each time, half a day at most, and up to a fifth more by its
 * name. With a first pause of five minutes it is tried four times in its first hour; Let's Encrypt takes five.
 */
export function pauseMs(failures: number, firstMs: number, host: string): number {
  const pause = Math.min(firstMs * 2 ** Math.max(0, failures - 1), LONGEST_PAUSE_MS);
  return pause * (1 + shareOf(host) / 5);
}

/** The hosts to order for now: those without a certificate first, then those whose certificate ends first. */
export function dueHosts(candidates: readonly Candidate[], nowMs: number): readonly string[] {
  return candidates
    .filter(({ host, issued, tried }) => {
      if (tried !== undefined && tried.failures > 0 && tried.nextMs > nowMs) return false;
      return issued === undefined || renewAtMs(issued, host) <= nowMs;
    })
    .toSorted(
      (a, b) => (a.issued?.notAfterMs ?? 0) - (b.issued?.notAfterMs ?? 0) || (a.host < b.host ? -1 : 1),
    )
    .map(({ host }) => host);
}
