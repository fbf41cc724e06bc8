import { once } from 'node:events';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { expect, it } from 'vitest';
import { nodeChannelContract } from '../node-channel.contract.js';
import { localShell } from './local-shell.js';
import { openNodeChannel } from './node-channel.js';

const open = () => openNodeChannel(localShell(), { dataRoot: '/', timeoutMs: 10_000 });

nodeChannelContract('a shell on this machine', open);

it('finds the ports on which something listens, and no more once it has ended', async () => {
  const channel = await open();
  const servers: readonly Server[] = ['127.0.0.1', '0.0.0.0', '::'].map((host) =>
    createServer().listen(0, host),
  );
  await Promise.all(servers.map((server) => once(server, 'listening')));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  const listening = async (firstPort: number, lastPort: number) =>
    channel.listening({ firstPort, lastPort }, { timeoutMs: 10_000 });
  expect(await listening(1, 65_535)).toEqual(expect.arrayContaining(ports));
  const [first = 0] = ports;
  expect(await listening(first, first)).toEqual([first]);
  expect(await listening(first + 1, first)).toEqual([]);
  for (const server of servers) server.close();
  await Promise.all(servers.map((server) => once(server, 'close')));
  expect(await listening(first, first)).toEqual([]);
  channel.close();
});
