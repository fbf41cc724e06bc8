import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sshd, startSshd } from '#libs/testing';
import { hostKeyTypes, readHostKey, SshPool, type SshTarget } from './index.js';

let sshd: Sshd;
const ssh = new SshPool({ connectAttempts: 1 });
beforeAll(async () => {
  sshd = await startSshd({ hostKeys: ['rsa', 'ecdsa', 'ed25519'] });
});
afterAll(async () => {
  await ssh.close();
  await sshd.stop();
});

const pinned = (hostKeyFingerprint: string, hostKeyType?: SshTarget['hostKeyType']): SshTarget => ({
  ...{ host: sshd.host, port: sshd.port, user: 'root', login: { privateKey: sshd.privateKey } },
  ...{ hostKeyFingerprint, hostKeyType },
});
const OTHER = `SHA256:${'A'.repeat(43)}`;

describe.each(hostKeyTypes)('a server with keys of all types, whose %s key is pinned', (type) => {
  it('does not look like a changed host key', async () => {
    await ssh.connection(pinned(sshd.fingerprints[type] ?? '', type));
  });

  it('is known by the fingerprint alone, as it was enrolled before types were stored', async () => {
    await ssh.connection(pinned(sshd.fingerprints[type] ?? ''));
  });

  it('is enrolled with the type of the key that its owner named', async () => {
    expect(await readHostKey(sshd, sshd.fingerprints[type])).toEqual({
      ...{ type, fingerprint: sshd.fingerprints[type] },
    });
  });

  it('whose key of that type changed, is told with the type and both fingerprints', async () => {
    const shown = `${type.toUpperCase()} ${sshd.fingerprints[type]}`;
    await expect(ssh.connection(pinned(OTHER, type))).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_MISMATCH',
      message: `127.0.0.1:${sshd.port} shows the host key ${shown}, but it was enrolled with ${type.toUpperCase()} ${OTHER}.`,
    });
  });
});

it('a fingerprint that none of its keys has is told with all that it has', async () => {
  const refused = expect(readHostKey(sshd, OTHER)).rejects;
  await refused.toMatchObject({ code: 'SSH_HOST_KEY_MISMATCH' });
  for (const [type, print] of Object.entries(sshd.fingerprints))
    await expect(readHostKey(sshd, OTHER)).rejects.toThrow(`${type.toUpperCase()} ${print}`);
});
