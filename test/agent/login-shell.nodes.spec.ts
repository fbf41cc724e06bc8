import { afterEach, expect, it } from 'vitest';
import { SshPool } from '#libs/ssh';
import { type Sshd, startSshd, TEST_USER } from '#libs/testing';
import { openNodeChannel } from '../../apps/agent/src/watch/adapters/node-channel.js';
import { sshShell } from '../../apps/agent/src/watch/adapters/ssh-shell.js';
import type { NodeChannel } from '../../apps/agent/src/watch/ports.js';

const TIMEOUT_MS = 20_000;
const ssh = new SshPool({ connectAttempts: 1 });
let sshd: Sshd;
let channel: NodeChannel | undefined;

afterEach(async () => {
  channel?.close();
  await ssh.close();
  await sshd.stop();
});

it('a node is read as a user without rights, whose login shell greets, and writes between the answers', async () => {
  const greeting =
    'echo Welcome; (while echo and another line; do sleep 0.01; done) & eval "$SSH_ORIGINAL_COMMAND"';
  sshd = await startSshd({ config: [`ForceCommand ${greeting}`] });
  const target = {
    ...{ host: sshd.host, port: sshd.port, user: TEST_USER.name, login: { privateKey: sshd.privateKey } },
    hostKeyFingerprint: sshd.fingerprints.ed25519 ?? '',
  };
  channel = await openNodeChannel(sshShell(ssh, target), { dataRoot: '/', timeoutMs: TIMEOUT_MS });
  for (let sequence = 1; sequence <= 20; sequence += 1) {
    const look = await channel.look({ isSlow: sequence % 2 === 0, timeoutMs: TIMEOUT_MS });
    expect(look.sequence).toBe(sequence);
    expect(look.host.cpus).toBeGreaterThan(0);
  }
});
