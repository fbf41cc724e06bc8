import { generateKeyPairSync, type KeyObject, randomBytes } from 'node:crypto';

const random = (): string => randomBytes(32).toString('base64url');
const encoded = (key: KeyObject): string =>
  Buffer.from(JSON.stringify(key.export({ format: 'jwk' }))).toString('base64url');

/** Keys and API tokens for a new installation, by the variables that hold them. */
export function freshKeys(): Readonly<Record<string, string>> {
  const deployer = generateKeyPairSync('x25519');
  return {
    SLIPWAY_NODE_KEY: random(),
    SLIPWAY_APP_SECRET_KEY: random(),
    SLIPWAY_CERTIFICATE_KEY: random(),
    SLIPWAY_DEPLOYER_PRIVATE_KEY: encoded(deployer.privateKey),
    SLIPWAY_DEPLOYER_PUBLIC_KEY: encoded(deployer.publicKey),
    SLIPWAY_API_TOKEN: random(),
    SLIPWAY_READ_TOKEN: random(),
  };
}
