import { createServer, connect as connectTcp, type AddressInfo, type Socket } from 'node:net';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sshTargetOf, testNodes, until } from '#libs/testing';
import { DOCKER_SOCKET, HostKeyMismatchError, readHostKey, SshPool, type SshTarget } from './index.js';

let target: SshTarget;
let engineSocket: string;
const cleanups: (() => Promise<void> | void)[] = [];

beforeAll(async () => {
  const [node] = await testNodes();
  engineSocket = node.dockerSocket ?? DOCKER_SOCKET;
  target = sshTargetOf(node);
});

afterEach(async () => {
  for (const cleanup of cleanups.splice(0)) await cleanup();
});

function pool(options: ConstructorParameters<typeof SshPool>[0] = {}): SshPool {
  const made = new SshPool(options);
  cleanups.push(() => made.close());
  return made;
}

/** A way to the node that can be cut, and that counts what comes through. */
async function cuttable(): Promise<{
  readonly target: SshTarget;
  readonly open: Set<Socket>;
  accepted(): number;
  cut(): void;
}> {
  const open = new Set<Socket>();
  let accepted = 0;
  const server = createServer((near) => {
    accepted += 1;
    const far = connectTcp(target.port, target.host);
    open.add(near);
    near.on('close', () => (open.delete(near), far.destroy()));
    far.on('close', () => near.destroy());
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = () => open.forEach((socket) => socket.destroy());
  cleanups.push(() => {
    cut();
    server.close();
  });
  const through = { ...target, host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  return { target: through, open, accepted: () => accepted, cut };
}

async function ping(channel: Duplex): Promise<string> {
  channel.write('GET /_ping HTTP/1.1\r\nHost: engine\r\nConnection: close\r\n\r\n');
  let answer = '';
  for await (const chunk of channel) answer += String(chunk);
  return answer;
}

describe('SshPool', () => {
  it('answers 40 commands at once, though sshd takes 10 a connection', async () => {
    const ssh = pool({ sessionsPerConnection: 64 });
    const runs = Array.from({ length: 40 }, (_, i) =>
      ssh.exec(target, ['echo', `n ${i}`], { timeoutMs: 30_000 }),
    );
    expect((await Promise.all(runs)).map((r) => r.stdout)).toEqual(
      Array.from({ length: 40 }, (_, i) => `n ${i}\n`),
    );
  });

  it('opens more sockets at once than one connection may hold', async () => {
    const way = await cuttable();
    const ssh = pool({ socketsPerConnection: 8, maxConnections: 2 });
    const answers = Array.from({ length: 60 }, async () =>
      ping(await ssh.openSocketChannel(way.target, engineSocket)),
    );
    expect((await Promise.all(answers)).every((a) => a.includes('200 OK'))).toBe(true);
    expect(way.accepted()).toBe(2);
  });

  it('refuses another host key before it logs in', async () => {
    const wrong = { ...target, hostKeyFingerprint: 'SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA' };
    const refused = pool().exec(wrong, ['true'], { timeoutMs: 10_000 });
    await expect(refused).rejects.toBeInstanceOf(HostKeyMismatchError);
    await expect(refused).rejects.toMatchObject({ kind: 'permanent', presented: target.hostKeyFingerprint });
  });

  it('reads the fingerprint for enrolment', async () => {
    expect(await readHostKey(target)).toEqual({ type: 'ed25519', fingerprint: target.hostKeyFingerprint });
  });

  it('connects again after the connection was cut, and says so to what was on it', async () => {
    const way = await cuttable();
    const ssh = pool();
    const held = await ssh.openSocketChannel(way.target, engineSocket);
    const lost = once(held, 'error');
    const running = expect(
      ssh.exec(way.target, ['sleep', '30'], { timeoutMs: 20_000 }),
    ).rejects.toMatchObject({
      code: 'SSH_CONNECTION_LOST',
      kind: 'retriable',
    });
    await ssh.exec(way.target, ['true'], { timeoutMs: 10_000 });
    way.cut();
    expect((await lost)[0]).toMatchObject({ code: 'SSH_CONNECTION_LOST' });
    await running;
    expect(await ssh.exec(way.target, ['echo', 'back'], { timeoutMs: 10_000 })).toMatchObject({
      stdout: 'back\n',
    });
  });

  it('keeps a connection while a channel is on it, and ends it when idle', async () => {
    const way = await cuttable();
    const ssh = pool({ idleMs: 20, surplusIdleMs: 20 });
    const held = await ssh.openSocketChannel(way.target, engineSocket);
    // Commands come and go, and each leaves a moment in which the pool looks for idle connections.
    await ssh.exec(way.target, ['sleep', '0.2'], { timeoutMs: 10_000 });
    await ssh.exec(way.target, ['sleep', '0.2'], { timeoutMs: 10_000 });
    expect(way.accepted()).toBe(1);
    expect(await ping(held)).toContain('200 OK');
    await until('the idle connection to end', () => way.open.size === 0);
  });

  it('gives code, output and input of a command', async () => {
    const ssh = pool();
    const argv = ['sh', '-c', 'cat; echo "$1" >&2; exit 7', 'sh', "it's $HOME"];
    const result = await ssh.exec(target, argv, { input: 'in', timeoutMs: 10_000 });
    expect(result).toEqual({ code: 7, stdout: 'in', stderr: "it's $HOME\n" });
  });

  it('gives up a command at its time limit', async () => {
    const late = pool().exec(target, ['sleep', '30'], { timeoutMs: 300 });
    await expect(late).rejects.toMatchObject({ code: 'SSH_TIMEOUT' });
  });

  it('tells an unreachable machine, a refused login and a missing socket apart', async () => {
    const ssh = pool({ connectAttempts: 2 });
    const code = (c: string) => expect.objectContaining({ code: c });
    await expect(ssh.connection({ ...target, port: 1 })).rejects.toEqual(code('SSH_UNREACHABLE'));
    await expect(ssh.connection({ ...target, login: { password: 'no' } })).rejects.toEqual(
      code('SSH_LOGIN_REFUSED'),
    );
    await expect(ssh.openSocketChannel(target, '/nowhere.sock')).rejects.toEqual(code('SSH_CHANNEL_REFUSED'));
  });

  it('refuses work once it is closed', async () => {
    const ssh = pool();
    await ssh.connection(target);
    await ssh.close();
    await expect(ssh.exec(target, ['true'], { timeoutMs: 1_000 })).rejects.toMatchObject({
      code: 'SSH_POOL_CLOSED',
    });
  });
});

it('a machine whose connections are cut fails what is open there at once, and is connected to again', async () => {
  const ssh = pool();
  const connections = await ssh.connection(target);
  const asleep = ssh.exec(target, ['sleep', '60'], { timeoutMs: 60_000 }).catch((error: unknown) => error);
  ssh.cut(target);
  expect(await asleep).toBeInstanceOf(Error);
  await until('the connection to be gone', () => connections.connectionCount === 0);
  const { stdout } = await ssh.exec(target, ['echo', 'back'], { timeoutMs: 10_000 });
  expect(stdout.trim()).toBe('back');
});
