import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import { expect, it } from 'vitest';
import { fingerprint } from './host-key.js';
import { SshPool } from './index.js';

const hostKey = generateKeyPairSync('ec', {
  namedCurve: 'prime256v1',
  privateKeyEncoding: { type: 'sec1', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;

function fingerprintOf(key: string): string {
  const parsed = ssh2.utils.parseKey(key);
  if (parsed instanceof Error) throw parsed;
  return fingerprint(parsed.getPublicSSH());
}

it('a machine that is off kept its jump host waiting for minutes: it is unreachable once the time is over', async () => {
  const jumpHost = new ssh2.Server({ hostKeys: [hostKey] }, (peer) => {
    peer.on('error', () => undefined);
    peer.on('authentication', (login) => login.accept());
    // As sshd, which has no answer before its own connection has one.
    peer.on('tcpip', () => undefined);
  });
  jumpHost.listen(0, '127.0.0.1');
  await once(jumpHost, 'listening');
  const { port } = jumpHost.address() as AddressInfo;
  const login = { password: 'x' };
  const jump = { host: '127.0.0.1', port, user: 'jump', hostKeyFingerprint: fingerprintOf(hostKey), login };
  const target = { host: '10.0.0.9', port: 22, user: 'root', hostKeyFingerprint: 'SHA256:x', login, jump };
  const pool = new SshPool({ connectAttempts: 1, connectTimeoutMs: 500 });
  await expect(pool.connection(target)).rejects.toMatchObject({
    code: 'SSH_UNREACHABLE',
    message: `The jump host 127.0.0.1:${port} cannot connect to 10.0.0.9:22: no answer in 500 ms.`,
  });
  await pool.close();
  await new Promise<void>((resolve) => jumpHost.close(() => resolve()));
});
