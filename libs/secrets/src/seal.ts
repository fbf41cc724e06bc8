import { compactDecrypt, CompactEncrypt, importJWK } from 'jose';
import { parseJson } from '#libs/contracts';
import { SEAL_ALGORITHM, type PrivateJwk, type PrivateJwks, type PublicJwk } from './keys.js';

export const ENCRYPTION = 'A256GCM';

/** What cannot be opened: another key, or changed on its way. */
export class SealError extends Error {
  readonly code = 'SEAL_BROKEN';
  readonly hint = 'Check that the public and the private key belong together.';
}

/** Compact JWE (RFC 7516) that only the private key's holder opens. */
export async function seal(key: PublicJwk, value: unknown): Promise<string> {
  const header = { alg: SEAL_ALGORITHM, enc: ENCRYPTION };
  return new CompactEncrypt(Buffer.from(JSON.stringify(value)))
    .setProtectedHeader(header)
    .encrypt(await importJWK(key, SEAL_ALGORITHM));
}

/** The other side of `seal`, with whichever of the keys opens it. Throws SealError. */
export function unseal(keys: PrivateJwks, sealed: string): Promise<unknown> {
  return withSomeKey(keys, (key) => unsealWith(key, sealed));
}

const unsealWith = (key: PrivateJwk, sealed: string): Promise<unknown> =>
  opened(async () =>
    compactDecrypt(sealed, await importJWK(key, SEAL_ALGORITHM), {
      keyManagementAlgorithms: [SEAL_ALGORITHM],
    }),
  );

/** What the first key gives that opens. Throws the SealError of the last one where none does. */
export async function withSomeKey<Key>(
  [key, ...others]: readonly [Key, ...Key[]],
  open: (key: Key) => Promise<unknown>,
): Promise<unknown> {
  try {
    return await open(key);
  } catch (error) {
    const [next, ...rest] = others;
    if (!(error instanceof SealError) || next === undefined) throw error;
    return withSomeKey([next, ...rest], open);
  }
}

/** What `open` gives, as JSON. Throws SealError. */
export async function opened(open: () => Promise<{ readonly plaintext: Uint8Array }>): Promise<unknown> {
  try {
    const { plaintext } = await open();
    return parseJson(new TextDecoder().decode(plaintext));
  } catch (cause) {
    throw new SealError('a sealed value could not be opened', { cause });
  }
}
