import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sshd, startSshd } from '#libs/testing';
import { readHostKey, type SshMachine, SshPool } from './index.js';

let [inner, jump, closed]: [Sshd, Sshd, Sshd] = [] as never;
const ssh = new SshPool({ connectAttempts: 1 });
beforeAll(async () => {
  [inner, jump, closed] = await Promise.all([
    startSshd(),
    startSshd(),
    startSshd({ config: ['AllowTcpForwarding no'] }),
  ]);
});
afterAll(async () => {
  await ssh.close();
  await Promise.all([inner, jump, closed].map((sshd) => sshd.stop()));
});

const machine = ({ host, port, privateKey, fingerprints }: Sshd): SshMachine => ({
  ...{ host, port, user: 'root', login: { privateKey } },
  ...{ hostKeyType: 'ed25519', hostKeyFingerprint: fingerprints.ed25519 ?? '' },
});
const through = (by: SshMachine) => ({ ...machine(inner), jump: by });

it('a machine behind a jump host runs commands, and each has a login and a host key of its own', async () => {
  const run = await ssh.exec(through(machine(jump)), ['printenv', 'SSH_CONNECTION'], { timeoutMs: 10_000 });
  expect(run.stdout.trim().split(' ')[3]).toBe(String(inner.port));
  expect(await readHostKey(through(machine(jump)))).toEqual({
    ...{ type: 'ed25519', fingerprint: inner.fingerprints.ed25519 },
  });
});

it('a jump host that forbids forwarding is named', async () => {
  await expect(ssh.connection(through(machine(closed)))).rejects.toMatchObject({
    code: 'SSH_UNREACHABLE',
    message: expect.stringContaining(`The jump host 127.0.0.1:${closed.port} cannot connect to`) as string,
    hint: expect.stringContaining('AllowTcpForwarding') as string,
  });
});

it('a jump host with another host key gets no login', async () => {
  const other = { ...machine(jump), hostKeyFingerprint: machine(inner).hostKeyFingerprint };
  await expect(ssh.connection(through(other))).rejects.toMatchObject({
    code: 'SSH_HOST_KEY_MISMATCH',
    details: { address: `127.0.0.1:${jump.port}` },
  });
});

it('a jump host that refuses the login is named, and not the machine behind it', async () => {
  const other = { ...machine(jump), login: { privateKey: inner.privateKey } };
  await expect(ssh.connection(through(other))).rejects.toMatchObject({
    code: 'SSH_LOGIN_REFUSED',
    details: { address: `127.0.0.1:${jump.port}` },
  });
});
