import { once } from 'node:events';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { closedPort } from '#libs/testing';
import { SshPool } from './index.js';

const target = (port: number) => ({
  ...{ host: '127.0.0.1', port, user: 'nobody', hostKeyFingerprint: 'SHA256:x' },
  login: { password: 'x' },
});

it('a server that is started again within the time is reached, however often it refused', async () => {
  const port = await closedPort();
  const pool = new SshPool({ connectAttempts: 1, connectForMs: 5_000 });
  const asked = pool.exec(target(port), ['true'], { timeoutMs: 9_000 }).catch((error: unknown) => error);
  await delay(600);
  const server = createServer((socket) => socket.destroy()).listen(port, '127.0.0.1');
  await once(server, 'connection');
  await pool.close();
  server.close();
  expect(await asked).toBeInstanceOf(Error);
});

it('a server that refuses for longer is unreachable once the time is over', async () => {
  const pool = new SshPool({ connectAttempts: 1, connectForMs: 500 });
  const begun = performance.now();
  const asked = pool.exec(target(await closedPort()), ['true'], { timeoutMs: 9_000 });
  await expect(asked).rejects.toMatchObject({ code: 'SSH_UNREACHABLE' });
  expect(performance.now() - begun).toBeGreaterThan(400);
  await pool.close();
});
