import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { testNodes } from '#libs/testing';

/** The address of this machine that the nodes reach it at: nothing is sent to find it. */
async function ownAddress(): Promise<string> {
  const [node] = await testNodes();
  const socket = createSocket('udp4');
  socket.connect(node.sshPort, node.address);
  await once(socket, 'connect');
  const { address } = socket.address();
  socket.close();
  return address;
}

interface Control {
  readonly url: string;
  close(): Promise<void>;
}

/** Tells each instance that asks, in the order of their starts, what it is to do: `serve` or `exit`. */
export async function startControl(say: (start: number) => 'serve' | 'exit'): Promise<Control> {
  let starts = 0;
  const server = createServer((_, answer) => answer.end(say((starts += 1))));
  server.listen(0, await ownAddress());
  await once(server, 'listening');
  const { address, port } = server.address() as AddressInfo;
  return {
    url: `http://${address}:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
