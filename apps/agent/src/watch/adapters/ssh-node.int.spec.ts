import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, it } from 'vitest';
import { SshNode } from './ssh-node.js';

const nodeAt = (port: number): SshNode =>
  new SshNode(
    {
      target: {
        ...{ host: '127.0.0.1', port, user: 'nobody', login: { password: 'any' } },
        hostKeyFingerprint: 'SHA256:any',
      },
    },
    { debug: () => undefined },
  );

it('a node was said not to answer where the agent itself stood still for longer than it waits', async () => {
  const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const node = nodeAt((server.address() as AddressInfo).port);
  const reached = node.reach(50);
  const end = performance.now() + 300;
  while (performance.now() < end);
  await reached;
  node.close();
  server.close();
});

it('a node that does not take a connection within the time does not answer', async () => {
  // Kept for documentation: nobody has it, and what leads there drops or refuses.
  const target = { host: '192.0.2.1', port: 22, user: 'nobody', login: { password: 'any' } };
  const node = new SshNode(
    { target: { ...target, hostKeyFingerprint: 'SHA256:any' } },
    { debug: () => undefined },
  );
  await expect(node.reach(100)).rejects.toThrow(/192\.0\.2\.1/);
  node.close();
});
