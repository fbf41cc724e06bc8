import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { inWords, type CertificateFacts } from '../domain/certificate.js';
import { CertificateError } from '../domain/certificate-error.js';

const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----(?:[^-]|-(?!----))+-----END \1-----/g;
const CERTIFICATE = 'CERTIFICATE';
const ENCRYPTED = /ENCRYPTED/;
/** What Debian's HAProxy asks of keys and signatures. */
const STRENGTH = 'DEFAULT:@SECLEVEL=2';

interface ReadPem extends CertificateFacts {
  /** The chain, the leaf first, then the key: no empty line, and nothing else. */
  readonly pem: string;
}

/**
 * Reads a chain and its private key from the text of one file or of several. Throws CertificateError with what is wrong
 * and what was expected; where it stands is said by whoever calls.
 */
export function readPem(text: string, nowMs: number): ReadPem {
  const blocks = [...text.matchAll(BLOCK)].map(([block, kind = '']) => ({ kind, block }));
  const chain = blocks.filter(({ kind }) => kind === CERTIFICATE).map(({ block }) => block);
  const keys = blocks.filter(({ kind }) => kind.endsWith('PRIVATE KEY'));
  const leaf = parsed(chain);
  const key = opened(keys);
  if (!leaf.checkPrivateKey(key)) throw otherKey(chain, key);
  const facts = factsOf(leaf);
  if (facts.names.length === 0)
    throw unusable('the certificate is for no host name; expected DNS names in subjectAltName');
  if (facts.notAfterMs <= nowMs)
    throw unusable(`the certificate has expired ${inWords(facts.notAfterMs, nowMs)}`);
  if (facts.notBeforeMs > nowMs)
    throw unusable(`the certificate is not valid yet, it will be ${inWords(facts.notBeforeMs, nowMs)}`);
  const keyText = String(key.export({ type: 'pkcs8', format: 'pem' }));
  checkTaken(chain.join('\n'), keyText);
  return { ...facts, pem: lines(`${chain.join('\n')}\n${keyText}`) };
}

/** What a certificate in PEM says of itself. */
export function factsOf(leaf: X509Certificate): CertificateFacts {
  const names = (leaf.subjectAltName ?? '').split(', ').flatMap((part) => /^DNS:(.+)$/.exec(part)?.[1] ?? []);
  return {
    names: names.map((name) => name.toLowerCase()),
    issuer: nameIn(leaf.issuer),
    notBeforeMs: Date.parse(leaf.validFrom),
    notAfterMs: Date.parse(leaf.validTo),
  };
}

/** The common name, else the organisation, else all of it. */
const nameIn = (subject: string): string =>
  /^CN=(.+)$/m.exec(subject)?.[1] ?? /^O=(.+)$/m.exec(subject)?.[1] ?? subject.replaceAll('\n', ', ');

const lines = (text: string): string =>
  `${text
    .split(/\r?\n/)
    .filter((line) => line.trim() !== '')
    .join('\n')}\n`;

function parsed(chain: readonly string[]): X509Certificate {
  const [first] = chain;
  if (first === undefined) throw unreadable('no certificate in PEM was found');
  try {
    for (const other of chain.slice(1)) new X509Certificate(other);
    return new X509Certificate(first);
  } catch (cause) {
    throw unreadable('a certificate is not valid PEM', cause);
  }
}

function opened(keys: readonly { readonly kind: string; readonly block: string }[]): KeyObject {
  const [key, ...others] = keys;
  if (key === undefined) throw wrongKey('no private key in PEM was found');
  if (others.length > 0) throw wrongKey('there are several private keys; expected one');
  if (ENCRYPTED.test(key.kind) || ENCRYPTED.test(key.block))
    throw wrongKey('the private key is encrypted; expected one without a passphrase');
  try {
    return createPrivateKey(key.block);
  } catch (cause) {
    throw wrongKey('the private key is not valid PEM', cause);
  }
}

/** The order of a chain is what people often have wrong. */
function otherKey(chain: readonly string[], key: KeyObject): CertificateError {
  const isOther = chain.slice(1).some((other) => new X509Certificate(other).checkPrivateKey(key));
  return wrongKey(
    isOther
      ? 'the certificate of the private key is not the first one; expected the certificate of the host, then those of its authorities'
      : 'the private key does not belong to the certificate',
  );
}

function checkTaken(chain: string, key: string): void {
  try {
    createSecureContext({ cert: chain, key, ciphers: STRENGTH });
  } catch (cause) {
    throw unusable(`TLS does not take it: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
}

const unreadable = (message: string, cause?: unknown): CertificateError =>
  new CertificateError('CERTIFICATE_UNREADABLE', message, { cause });
const wrongKey = (message: string, cause?: unknown): CertificateError =>
  new CertificateError('CERTIFICATE_KEY_WRONG', message, { cause });
const unusable = (message: string, cause?: unknown): CertificateError =>
  new CertificateError('CERTIFICATE_UNUSABLE', message, { cause });
