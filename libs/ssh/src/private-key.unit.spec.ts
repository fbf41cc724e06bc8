import ssh2 from 'ssh2';
import { expect, it } from 'vitest';
import { credentialOf } from './private-key.js';

const pair = ssh2.utils.generateKeyPairSync('ed25519');
const credential = (privateKey: string) =>
  credentialOf({
    ...{ host: '10.0.0.1', port: 22, user: 'root', hostKeyFingerprint: 'SHA256:x' },
    login: { privateKey },
  });

it('a public key as a login was told as one that the machine refuses', () => {
  expect(() => credential(pair.public)).toThrow('This is a public key.');
  expect(credential(pair.private)).toMatchObject({ type: 'publickey', username: 'root' });
});
