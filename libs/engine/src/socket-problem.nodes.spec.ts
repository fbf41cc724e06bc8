import { chmodSync, chownSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { SshPool, type SshTarget } from '#libs/ssh';
import { type Sshd, startSshd, TEST_GROUP, TEST_USER } from '#libs/testing';
import { connectEngine } from './index.js';

let sshd: Sshd;
let engine: Server;
let socketPath: string;
const ssh = new SshPool();

beforeAll(async () => {
  sshd = await startSshd();
  socketPath = join(sshd.folder, 'docker.sock');
  engine = createServer((_, response) => response.end('OK'));
  await once(engine.listen(socketPath), 'listening');
  chmodSync(socketPath, 0o660);
  chownSync(socketPath, 0, TEST_GROUP.gid);
});
afterAll(async () => {
  await ssh.close();
  engine.close();
  await sshd.stop();
});

async function ping(user: string, path: string): Promise<void> {
  const target: SshTarget = {
    ...{ host: sshd.host, port: sshd.port, user, login: { privateKey: sshd.privateKey } },
    hostKeyFingerprint: sshd.fingerprints.ed25519 ?? '',
  };
  const client = connectEngine({ ssh, target, socketPath: path });
  try {
    await client.ping();
  } finally {
    await client.close();
  }
}

it('a user outside the docker group is named as that, and one who may use the socket uses it', async () => {
  await ping('root', socketPath);
  await expect(ping(TEST_USER.name, socketPath)).rejects.toMatchObject({
    code: 'ENGINE_FORBIDDEN',
    message: `user ubuntu may not use ${socketPath} on this machine: add it to the group docker (sudo usermod -aG docker ubuntu)`,
  });
});

it('a socket that is not there is named as that', async () => {
  await expect(ping(TEST_USER.name, '/run/nowhere.sock')).rejects.toMatchObject({
    code: 'ENGINE_UNREACHABLE',
    message: 'There is no socket /run/nowhere.sock on this machine that user ubuntu can see.',
  });
});
