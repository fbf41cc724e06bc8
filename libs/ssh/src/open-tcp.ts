import { connect, type Socket } from 'node:net';
import { SshError } from './errors.js';
import { targetAddress } from './target.js';

/**
 * A TCP connection without Nagle's algorithm. ssh2's own socket keeps it on, and against delayed
 * acknowledgements it costs about 40 ms a request.
 */
export function openTcp(host: string, port: number, timeoutMs: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, noDelay: true, keepAlive: true });
    const failed = (cause: unknown) => {
      socket.destroy();
      reject(
        new SshError('SSH_UNREACHABLE', {
          message: `Cannot connect to ${targetAddress({ host, port })}.`,
          hint: 'Check that the machine is up, and that its SSH port is reachable from here.',
          cause,
        }),
      );
    };
    const timer = setTimeout(() => failed(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    socket.once('error', failed);
    socket.once('error', () => clearTimeout(timer));
    socket.once('connect', () => {
      clearTimeout(timer);
      socket.off('error', failed);
      // ssh2 listens for errors itself; this one covers the moment before.
      socket.on('error', () => undefined);
      resolve(socket);
    });
  });
}
