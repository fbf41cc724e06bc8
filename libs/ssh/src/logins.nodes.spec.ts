import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sshd, startSshd } from '#libs/testing';
import { isEncryptedKey, type SshLogin, SshPool } from './index.js';

const PASSPHRASE = 'correct horse';
let sshd: Sshd;
const ssh = new SshPool({ connectAttempts: 1 });
beforeAll(async () => {
  sshd = await startSshd({ passphrase: PASSPHRASE });
});
afterAll(async () => {
  await ssh.close();
  await sshd.stop();
});

const connect = (login: SshLogin) =>
  ssh.connection({
    ...{ host: sshd.host, port: sshd.port, user: 'root', login },
    hostKeyFingerprint: sshd.fingerprints.ed25519 ?? '',
  });

it('an encrypted key opens with its passphrase', async () => {
  expect(isEncryptedKey(sshd.privateKey)).toBe(true);
  await connect({ privateKey: sshd.privateKey, passphrase: PASSPHRASE });
});

it.each([
  ['without its passphrase', undefined, 'The private key is encrypted.'],
  ['with another passphrase', 'hunter2', 'The passphrase does not open the private key.'],
])('an encrypted key %s is told as that, and the passphrase is not', async (_, passphrase, message) => {
  const refused = connect({ privateKey: sshd.privateKey, passphrase }).catch((error: unknown) => error);
  expect(await refused).toMatchObject({ code: 'SSH_LOGIN_REFUSED', message });
  expect(JSON.stringify(await refused)).not.toContain('hunter2');
});

it('a certificate is named as what cannot be had', async () => {
  const ca = join(sshd.folder, 'host-ed25519');
  const args = ['-q', '-s', ca, '-I', 'test', '-n', 'root', `${sshd.keyFile}.pub`];
  execFileSync('ssh-keygen', args);
  const privateKey = readFileSync(`${sshd.keyFile}-cert.pub`, 'utf8');
  await expect(connect({ privateKey })).rejects.toMatchObject({
    code: 'SSH_LOGIN_REFUSED',
    message: expect.stringContaining('OpenSSH certificate') as string,
    hint: expect.stringContaining('authorized_keys') as string,
  });
});
