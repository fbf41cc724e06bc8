import ssh2, { type ParsedKey, type PasswordAuthMethod, type PublicKeyAuthMethod } from 'ssh2';
import { SshError } from './errors.js';
import type { SshLogin, SshMachine } from './target.js';

const CERTIFICATE = /^\s*(ssh|ecdsa)-[a-z0-9-]+-cert-v0[01]@openssh\.com\s/;

/** Whether the private key is encrypted, so that it takes a passphrase. */
export function isEncryptedKey(privateKey: string): boolean {
  const parsed = ssh2.utils.parseKey(privateKey);
  return parsed instanceof Error && /no passphrase given/i.test(parsed.message);
}

/** Why the text of a file is no private key, with what to do; undefined of one, also an encrypted one. */
export function keyFileProblem(
  text: string,
): { readonly message: string; readonly hint: string } | undefined {
  if (isEncryptedKey(text)) return undefined;
  if (CERTIFICATE.test(text)) return CERTIFICATE_PROBLEM;
  const parsed = ssh2.utils.parseKey(text);
  if (parsed instanceof Error) return UNREADABLE;
  return parsed.isPrivateKey() ? undefined : PUBLIC_KEY;
}

/** To open an encrypted key takes most of a second of work, on purpose, so that each is opened once. */
const opened = new WeakMap<SshLogin, ParsedKey>();

/** As ssh2 takes it. Throws SSH_LOGIN_REFUSED, before a connection is made, where the private key cannot be used. */
export function credentialOf({ user: username, login }: SshMachine): AuthMethod {
  if (!('privateKey' in login)) return { type: 'password', username, password: login.password };
  if (CERTIFICATE.test(login.privateKey)) throw new SshError('SSH_LOGIN_REFUSED', CERTIFICATE_PROBLEM);
  const key = opened.get(login) ?? ssh2.utils.parseKey(login.privateKey, login.passphrase);
  if (key instanceof Error) throw new SshError('SSH_LOGIN_REFUSED', { ...unreadable(login), cause: key });
  // ssh2 would pass over it, and the machine would be said to refuse it.
  if (!key.isPrivateKey()) throw new SshError('SSH_LOGIN_REFUSED', PUBLIC_KEY);
  opened.set(login, key);
  return { type: 'publickey', username, key };
}

const PUBLIC_KEY = {
  message: 'This is a public key.',
  hint: 'Give the private key, which is the file without .pub in most cases.',
};

const UNREADABLE = {
  message: 'The private key cannot be read.',
  hint: 'Give the file of an OpenSSH or PEM private key.',
};

type AuthMethod = PasswordAuthMethod | PublicKeyAuthMethod;

function unreadable({ privateKey, passphrase }: { privateKey: string; passphrase?: string }) {
  if (!isEncryptedKey(privateKey)) return UNREADABLE;
  return passphrase === undefined
    ? { message: 'The private key is encrypted.', hint: 'Give its passphrase: SLIPWAY_SSH_PASSPHRASE.' }
    : { message: 'The passphrase does not open the private key.', hint: 'Give the one that the key has.' };
}

/** The SSH client names the certificate's algorithm in the signature, too, and every OpenSSH server refuses that. */
const CERTIFICATE_PROBLEM = {
  message: 'This is an OpenSSH certificate, and the SSH client of Slipway (ssh2) cannot log in with one.',
  hint: 'Give the private key, and add its public key to the authorized_keys of the user.',
};
