import { coveredBy } from './host-names.js';

/** Where certificates come from, the best first: a host that one of them covers needs none of those behind it. */
export const sources = ['file', 'acme', 'self-signed'] as const;
export type CertificateSource = (typeof sources)[number];

/** What a certificate says of itself. Times are milliseconds since 1970. */
export interface CertificateFacts {
  /** The host names that it is for, in lower case. */
  readonly names: readonly string[];
  /** The name of who signed it. */
  readonly issuer: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

export interface Certificate extends CertificateFacts {
  /** Stays when it is renewed. */
  readonly id: string;
  readonly source: CertificateSource;
  /** Its chain, the leaf first, then the private key. */
  readonly pem: string;
}

export const isCovered = (host: string, certificates: readonly Pick<Certificate, 'names'>[]): boolean =>
  certificates.some(({ names }) => coveredBy(names, host));

const DAY_MS = 86_400_000;

/**
 * When a certificate is renewed: with a third of its lifetime left, and earlier by up to a thirtieth of it. That share
 * comes from its name, so hosts that were certified at once are not renewed at once.
 */
export function renewAtMs(
  { notBeforeMs, notAfterMs }: Pick<CertificateFacts, 'notBeforeMs' | 'notAfterMs'>,
  name: string,
): number {
  const lifetimeMs = notAfterMs - notBeforeMs;
  return notAfterMs - lifetimeMs / 3 - (lifetimeMs / 30) * shareOf(name);
}

/** From 0 to 1, the same for the same text (FNV-1a, 32 bits). */
export function shareOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const letter of text) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash / 0xffffffff;
}

/** `in 12 days`, `in 3 hours`, `2 days ago`. */
export function inWords(atMs: number, nowMs: number): string {
  const gapMs = Math.abs(atMs - nowMs);
  const [count, unit] = gapMs >= DAY_MS ? [gapMs / DAY_MS, 'day'] : [gapMs / 3_600_000, 'hour'];
  const whole = Math.floor(count);
  const text = `${whole} ${unit}${whole === 1 ? '' : 's'}`;
  return atMs < nowMs ? `${text} ago` : `in ${text}`;
}
