import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { isReadable } from './readable-file.js';
import { type Given, isSet, neededBy, type Rule } from './rules.js';
import { Secret } from './secret.js';

const READABLE = 'expected a file that can be read';

export const readableFile = () => z.string().refine(isReadable, READABLE).meta({ kind: 'file' });

/** A file with one certificate or more. */
export const certificateFile = () =>
  z
    .string()
    .refine(isReadable, { error: READABLE, abort: true })
    .refine((path) => certificateIn(path) !== undefined, 'expected a certificate in PEM')
    .meta({ kind: 'file' });

/** The first certificate of a file. */
function certificateIn(path: string): X509Certificate | undefined {
  try {
    return new X509Certificate(readFileSync(path));
  } catch {
    return undefined;
  }
}

function privateKeyIn(path: string, passphrase: unknown): KeyObject | undefined {
  try {
    const opener = passphrase instanceof Secret ? passphrase.reveal() : undefined;
    return createPrivateKey({ key: readFileSync(path), passphrase: opener });
  } catch {
    return undefined;
  }
}

/** Variables. */
interface KeyPair {
  readonly certificate: string;
  readonly key: string;
  /** Where a key may be encrypted. */
  readonly passphrase?: string;
}

/** A client's certificate and its private key: both or none, and they belong together. */
export function keyPairRules({ certificate, key, passphrase }: KeyPair): readonly Rule[] {
  const pathIn = (given: Given, name: string): string | undefined => {
    const path = given[name];
    // A file that cannot be read is told by its own check alone.
    return typeof path === 'string' && isReadable(path) ? path : undefined;
  };
  const openedIn = (given: Given, path: string): KeyObject | undefined =>
    privateKeyIn(path, passphrase && given[passphrase]);
  return [
    neededBy(key, (given) => isSet(given, certificate)),
    neededBy(certificate, (given) => isSet(given, key)),
    {
      name: key,
      expected:
        passphrase === undefined
          ? 'expected a private key in PEM, without a passphrase'
          : `expected a private key in PEM that ${passphrase} opens, or that needs none`,
      holds(given) {
        const path = pathIn(given, key);
        return path === undefined || openedIn(given, path) !== undefined;
      },
    },
    {
      name: key,
      expected: `expected the private key of the certificate in ${certificate}`,
      holds(given) {
        const [keyFile, file] = [pathIn(given, key), pathIn(given, certificate)];
        const opened = keyFile === undefined ? undefined : openedIn(given, keyFile);
        const shown = file === undefined ? undefined : certificateIn(file);
        return opened === undefined || shown === undefined || shown.checkPrivateKey(opened);
      },
    },
  ];
}
