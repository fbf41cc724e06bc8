import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { Semaphore } from '../../apps/agent/src/watch/semaphore.js';
import { SshNode } from '../../apps/agent/src/watch/adapters/ssh-node.js';
import { startSimulatedNodes } from '../simulator/nodes/simulated-nodes.js';

const stops: (() => void)[] = [];
afterEach(() => stops.splice(0).forEach((stop) => stop()));

/** A way to a port that can fall silent: no end comes through, and no byte. */
async function silenceable(port: number): Promise<{ readonly port: number; fallSilent(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) sockets.add(socket.on('error', () => undefined));
    near.pipe(far).pipe(near);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stops.push(() => {
    sockets.forEach((socket) => socket.destroy());
    server.close();
  });
  return {
    port: (server.address() as AddressInfo).port,
    fallSilent: () => sockets.forEach((socket) => socket.unpipe().pause()),
  };
}

it('a channel in a line that was cut hung for 15 s after it was let go, and the node had no other meanwhile', async () => {
  const simulated = await startSimulatedNodes(1, { containers: 1, working: 0 });
  stops.push(() => simulated.close());
  const [{ name: user, port } = expect.fail()] = simulated.nodes;
  const line = await silenceable(port);
  const target = { host: '127.0.0.1', port: line.port, user, login: { password: 'any' } };
  const { hostKeyFingerprint } = simulated;
  const way = { target: { ...target, hostKeyFingerprint } };
  const node = new SshNode(way, { debug: () => undefined }, new Semaphore(30));
  stops.push(() => node.close());
  const channel = await node.openChannel();
  let isClosed = false;
  void channel.closed.then(() => (isClosed = true));
  const events = await node.engine.events(new AbortController().signal);
  const following = (async () => {
    for await (const _ of events);
  })().catch((error: unknown) => error);
  line.fallSilent();
  node.reset();
  await until('the channel is closed', () => isClosed, { timeoutMs: 3_000 });
  expect(await following).toBeInstanceOf(Error);
});
