import { compactDecrypt, CompactEncrypt, importJWK } from 'jose';
import { parseJson } from '#libs/contracts';
import { SEAL_ALGORITHM, type PrivateJwk, type PublicJwk } from './keys.js';

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

/** The other side of `seal`. Throws SealError. */
export async function unseal(key: PrivateJwk, sealed: string): Promise<unknown> {
  return opened(async () =>
    compactDecrypt(sealed, await importJWK(key, SEAL_ALGORITHM), {
      keyManagementAlgorithms: [SEAL_ALGORITHM],
    }),
  );
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
