import { connect, type Socket } from 'node:net';
import { SshError } from './errors.js';
import { type SshAddress, targetAddress } from './target.js';

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
          ...unreachable({ host, port }, cause),
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

const UNKNOWN_NAME: ReadonlySet<unknown> = new Set(['ENOTFOUND', 'EAI_AGAIN']);

const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'nothing answers at this address',
  ENETUNREACH: 'there is no way to this network',
};

function unreachable(to: SshAddress, cause: unknown): { readonly message: string; readonly hint: string } {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (UNKNOWN_NAME.has(code))
    return {
      message: `Cannot connect to ${targetAddress(to)}: the name ${to.host} is not known here.`,
      hint: 'Check the spelling, or give the IP address. The platform looks the name up where it runs.',
    };
  const why = REASONS[String(code)];
  return {
    message: `Cannot connect to ${targetAddress(to)}${why === undefined ? '' : `: ${why}`}.`,
    hint: 'Check that the machine is up, and that its SSH port is reachable from here.',
  };
}
