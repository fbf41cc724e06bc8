import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { parseJson } from '#libs/contracts';

/** The deployer's key: X25519, so an OKP key in JOSE's words. */
export const SEAL_ALGORITHM = 'ECDH-ES';
export const SEAL_CURVE = 'X25519';

export type PublicJwk = JWK & { readonly kty: 'OKP'; readonly x: string };
export type PrivateJwk = PublicJwk & { readonly d: string };

export class KeyError extends Error {
  readonly code = 'KEY_INVALID';
  readonly hint = 'Make keys with generateDeployerKeys(); pass them as the JWK as JSON in base64url.';
}

function parseJwk(text: string): Record<string, unknown> {
  try {
    return parseJson(Buffer.from(text, 'base64url').toString()) as Record<string, unknown>;
  } catch (cause) {
    // The text is a key, so it is not repeated.
    throw new KeyError('the key is not a base64url JWK', { cause });
  }
}

/** A public key from its variable. Throws KeyError. */
export function parsePublicKey(text: string): PublicJwk {
  const { kty, crv, x } = parseJwk(text);
  if (kty !== 'OKP' || crv !== SEAL_CURVE || typeof x !== 'string')
    throw new KeyError(`the key is not an ${SEAL_CURVE} public key`);
  return { kty, crv, x };
}

/** A private key from its variable. Throws KeyError. */
export function parsePrivateKey(text: string): PrivateJwk {
  const { d } = parseJwk(text);
  if (typeof d !== 'string') throw new KeyError('the key has no private part');
  return { ...parsePublicKey(text), d };
}

/** Private keys of one owner: each of them opens. What is in use comes first, then what was in use before. */
export type PrivateJwks = readonly [PrivateJwk, ...PrivateJwk[]];

/** One private key, or several with commas. Throws KeyError. */
export function parsePrivateKeys(text: string): PrivateJwks {
  const [first = '', ...others] = text.split(',').map((key) => key.trim());
  return [parsePrivateKey(first), ...others.map(parsePrivateKey)];
}

/** A fresh pair, as the variables carry it. */
export async function generateDeployerKeys(): Promise<{
  readonly publicKey: string;
  readonly privateKey: string;
}> {
  const pair = await generateKeyPair(SEAL_ALGORITHM, { crv: SEAL_CURVE, extractable: true });
  const encode = (jwk: JWK): string => Buffer.from(JSON.stringify(jwk)).toString('base64url');
  return {
    publicKey: encode(await exportJWK(pair.publicKey)),
    privateKey: encode(await exportJWK(pair.privateKey)),
  };
}
