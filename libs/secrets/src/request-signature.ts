import { createPrivateKey, type KeyObject } from 'node:crypto';
import { errors, FlattenedSign, flattenedVerify, type JWSHeaderParameters } from 'jose';
import type { RequestKeys } from './request-keys.js';

/** The header of a message that carries the signature. */
export const SIGNATURE_HEADER = 'slipway-signature';
/** A member of the signature's own header: the message's type. So a body cannot be sent as another kind of message. */
const TYPE = 'ce_type';

const ALGORITHMS = ['EdDSA', 'ES256', 'ES384', 'ES512', 'PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'];

/** The signature is none, is of an unknown key, or belongs to another message. It will never be valid. */
export class SignatureError extends Error {
  readonly code = 'SIGNATURE_REFUSED';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'SignatureError';
  }
}

export interface Signed {
  readonly type: string;
  readonly body: Uint8Array;
}

/**
 * Checks a detached JWS (RFC 7515, appendix F) over a body. Throws SignatureError; any other error means that the keys
 * could not be had. @returns the principal of the key
 */
export async function verifySignature(
  signature: string,
  { type, body }: Signed,
  keys: RequestKeys,
): Promise<string> {
  const [header = '', payload, mac = '', ...rest] = signature.split('.');
  if (payload !== '' || rest.length > 0 || mac === '')
    throw new SignatureError('expected a detached JWS: HEADER..SIGNATURE');
  const named = await verified(header, mac, body, keys);
  if (named[TYPE] !== type)
    throw new SignatureError(`expected "${TYPE}": "${type}" in the header of the signature`);
  return keys.principalOf(named.kid ?? '');
}

async function verified(
  header: string,
  signature: string,
  body: Uint8Array,
  keys: RequestKeys,
): Promise<JWSHeaderParameters> {
  const jws = { protected: header, payload: Buffer.from(body).toString('base64url'), signature };
  try {
    const { protectedHeader = {} } = await flattenedVerify(jws, keys.find, { algorithms: ALGORITHMS });
    return protectedHeader;
  } catch (cause) {
    throw refusal(cause) ?? cause;
  }
}

/** Of what lies in the signature; what lies in the way to the keys is no refusal. */
function refusal(cause: unknown): SignatureError | undefined {
  if (cause instanceof errors.JWKSNoMatchingKey)
    return new SignatureError('its key is not one of REQUEST_KEYS', { cause });
  if (cause instanceof errors.JWSSignatureVerificationFailed)
    return new SignatureError('it does not belong to this body and key', { cause });
  if (cause instanceof errors.JOSEAlgNotAllowed)
    return new SignatureError(`expected one of the algorithms ${ALGORITHMS.join(', ')}`, { cause });
  const isOfSignature = [errors.JWSInvalid, errors.JOSENotSupported, errors.JWKSMultipleMatchingKeys].some(
    (type) => cause instanceof type,
  );
  return isOfSignature
    ? new SignatureError('expected a detached JWS with "alg" and "kid"', { cause })
    : undefined;
}

/** Signs a body as `verifySignature` checks it. */
export async function signRequest(
  { type, body }: Signed,
  key: { readonly id: string; readonly privateKey: KeyObject },
): Promise<string> {
  const header = { alg: algorithmOf(key.privateKey), kid: key.id, [TYPE]: type };
  const jws = await new FlattenedSign(body).setProtectedHeader(header).sign(key.privateKey);
  return `${jws.protected}..${jws.signature}`;
}

/** Throws where the key is none that signs. */
export function parseSigningKey(pem: string): KeyObject {
  const key = createPrivateKey(pem);
  algorithmOf(key);
  return key;
}

const CURVES: Readonly<Record<string, string>> = {
  prime256v1: 'ES256',
  secp384r1: 'ES384',
  secp521r1: 'ES512',
};

function algorithmOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  const algorithm = {
    ed25519: 'EdDSA',
    rsa: 'PS256',
    ec: CURVES[asymmetricKeyDetails?.namedCurve ?? ''],
  }[String(asymmetricKeyType)];
  if (algorithm === undefined) throw new Error('expected an Ed25519, EC (P-256, P-384, P-521) or RSA key');
  return algorithm;
}
