import ssh2 from 'ssh2';
import { SshError } from './errors.js';

/** A new Ed25519 key without a passphrase, as OpenSSH writes it. */
export function makePrivateKey(comment: string): string {
  const key = ssh2.utils.generateKeyPairSync('ed25519', { comment }).private;
  // ssh2 leaves out a zero at the beginning of the public half, which one key of 256 has, and nobody can read that one.
  return ssh2.utils.parseKey(key) instanceof Error ? makePrivateKey(comment) : key;
}

/** The line of authorized_keys that lets a private key in. Throws SSH_LOGIN_REFUSED where it cannot be read. */
export function authorizedKeyLine(privateKey: string, comment: string): string {
  const key = ssh2.utils.parseKey(privateKey);
  if (key instanceof Error)
    throw new SshError('SSH_LOGIN_REFUSED', {
      message: 'The private key cannot be read.',
      hint: 'Give the file of an OpenSSH or PEM private key without a passphrase.',
      cause: key,
    });
  return `${key.type} ${key.getPublicSSH().toString('base64')} ${comment}`;
}
