import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Sshd, startSshd, until } from '#libs/testing';
import { SshPool, type SshTarget } from './index.js';

let sshd: Sshd;
let target: SshTarget;
const ssh = new SshPool({ connectAttempts: 1 });

beforeAll(async () => {
  sshd = await startSshd();
  target = {
    ...{ host: sshd.host, port: sshd.port, user: 'root', login: { privateKey: sshd.privateKey } },
    hostKeyFingerprint: sshd.fingerprints.ed25519 ?? '',
  };
});
afterAll(async () => {
  await ssh.close();
  await sshd.stop();
});

function heard(stream: Duplex): () => string {
  let text = '';
  stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return () => text;
}

it('a lasting program answers line by line, with its arguments as they were given', async () => {
  const argv = ['sh', '-c', 'while read -r line; do echo "$1 $line"; done', 'sh', "it's $HOME"];
  const stream = await ssh.openExec(target, argv);
  const text = heard(stream);
  stream.write('one\n');
  await until('the first answer', () => text() === "it's $HOME one\n");
  stream.write('two\n');
  await until('the second answer', () => text().endsWith('two\n'));
  const closed = once(stream, 'close');
  stream.end();
  await closed;
  expect(stream.errored).toBeNull();
});

it('a lasting program that ends is no error, and its stderr is heard', async () => {
  let said = '';
  const onStderr = (chunk: Buffer) => (said += chunk.toString());
  const stream = await ssh.openExec(target, ['sh', '-c', 'echo out; echo err >&2; exit 3'], { onStderr });
  const text = heard(stream);
  await once(stream, 'close');
  expect([text(), said, stream.errored]).toEqual(['out\n', 'err\n', null]);
});

it('a lasting program whose connection is cut is an error', async () => {
  const sockets = new Set<Socket>();
  const way = createServer((near) => {
    const far = connect(sshd.port, sshd.host);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    near.pipe(far).pipe(near);
  });
  way.listen(0, '127.0.0.1');
  await once(way, 'listening');
  const stream = await ssh.openExec({ ...target, port: (way.address() as AddressInfo).port }, ['cat']);
  const text = heard(stream);
  stream.write('here');
  await until('the answer', () => text() === 'here');
  const lost = once(stream, 'error');
  for (const socket of sockets) socket.destroy();
  expect((await lost)[0]).toMatchObject({ code: 'SSH_CONNECTION_LOST' });
  way.close();
});
