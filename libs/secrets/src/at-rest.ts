import { compactDecrypt, CompactEncrypt } from 'jose';
import { KeyError } from './keys.js';
import { ENCRYPTION, opened, SealError, withSomeKey } from './seal.js';

const KEY_BYTES = 32;

/** Keys of what rests in a database: the first encrypts, each of them opens. */
export type AtRestKeys = readonly [Uint8Array, ...Uint8Array[]];

/**
 * base64url of 32 bytes, or several with commas: the one in use, then those that were in use before. Throws KeyError.
 */
export function parseAtRestKeys(text: string): AtRestKeys {
  const [first, ...others] = text.split(',').map((key) => parseKey(key.trim()));
  if (first === undefined) throw new KeyError('no key is given');
  return [first, ...others];
}

function parseKey(text: string): Uint8Array {
  const key = Buffer.from(text, 'base64url');
  if (key.length === KEY_BYTES) return key;
  throw new KeyError(`the key has ${key.length} bytes, expected ${KEY_BYTES}`);
}

/** The keys of a purpose of its own, and after them the ones that all purposes shared before; one of both is given. */
export function atRestKeys(own: string | undefined, shared: string | undefined): AtRestKeys {
  return parseAtRestKeys([own, shared].filter((keys) => keys !== undefined).join(','));
}

/** Compact JWE under the first key. */
export async function encryptAtRest([key]: AtRestKeys, value: unknown): Promise<string> {
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader({ alg: 'dir', enc: ENCRYPTION })
    .encrypt(key);
}

/** The other side of `encryptAtRest`, under whichever of the keys. Throws SealError. */
export function decryptAtRest(keys: AtRestKeys, encrypted: string): Promise<unknown> {
  return withSomeKey(keys, (key) => decryptUnder(key, encrypted));
}

/** The same value under the first key; undefined where it rests under that one already. Throws SealError. */
export async function renewAtRest(keys: AtRestKeys, encrypted: string): Promise<string | undefined> {
  try {
    await decryptUnder(keys[0], encrypted);
    return undefined;
  } catch (error) {
    if (!(error instanceof SealError)) throw error;
    return encryptAtRest(keys, await decryptAtRest(keys, encrypted));
  }
}

function decryptUnder(key: Uint8Array, encrypted: string): Promise<unknown> {
  return opened(() => compactDecrypt(encrypted, key, { keyManagementAlgorithms: ['dir'] }));
}
