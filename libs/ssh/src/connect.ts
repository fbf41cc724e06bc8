import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import { HostKeyMismatchError, SshError } from './errors.js';
import { type HostKey, hostKeyTypes } from './host-key.js';
import { type ConnectOptions, logIn, unreachable } from './log-in.js';
import { openTcp } from './open-tcp.js';
import { credentialOf } from './private-key.js';
import { type SshAddress, type SshMachine, type SshTarget, targetAddress } from './target.js';

/** A stream to where an SSH server listens, and what keeps it up. */
interface Way {
  readonly sock: Duplex;
  close(): void;
}

/** Where the server listens, and the machine in between. */
export type WayTo = SshAddress & Pick<SshTarget, 'jump'>;

/**
 * A logged-in connection. Throws HostKeyMismatchError before anything of the login is sent,
 * SSH_LOGIN_REFUSED, or SSH_UNREACHABLE.
 */
export async function connect(target: SshTarget, options: ConnectOptions): Promise<Client> {
  const credential = credentialOf(target);
  const shown = new Map<string, HostKey>();
  // A machine has a key of each type. It shows one, so that it is asked for the pinned one, or for each in turn.
  for (const type of target.hostKeyType === undefined ? hostKeyTypes : [target.hostKeyType]) {
    const way = await openWay(target, options);
    const login = () => logIn({ ...target, credential }, way.sock, type, options);
    const client = await inTurn(target, way.sock, login, options).catch((error: unknown) => {
      way.close();
      throw error;
    });
    if (client instanceof ssh2.Client) return client.once('close', () => way.close());
    way.close();
    shown.set(client.fingerprint, client);
  }
  const expected = { type: target.hostKeyType, fingerprint: target.hostKeyFingerprint };
  throw new HostKeyMismatchError(expected, [...shown.values()], targetAddress(target));
}

/** A server that says nothing takes no turn from others. */
async function inTurn<T>(
  machine: SshMachine,
  sock: Duplex,
  login: () => Promise<T>,
  { logInTurn, connectTimeoutMs }: ConnectOptions,
): Promise<T> {
  if (logInTurn === undefined) return login();
  await once(sock, 'readable', { signal: AbortSignal.timeout(connectTimeoutMs) }).catch((cause: unknown) => {
    throw unreachable(machine, cause);
  });
  return logInTurn(login);
}

/** Straight there, or by a channel of a connection to the jump host. */
export async function openWay(to: WayTo, options: ConnectOptions): Promise<Way> {
  if (to.jump === undefined) {
    const sock = await openTcp(to.host, to.port, options.connectTimeoutMs);
    return { sock, close: () => sock.destroy() };
  }
  const jump = await connect(to.jump, options);
  const close = (): void => void jump.end();
  try {
    const sock = await forward(jump, to.jump, to, options.connectTimeoutMs);
    // ssh2 listens for errors itself; this one covers the moments before and after.
    sock.on('error', () => undefined);
    return { sock, close };
  } catch (error) {
    close();
    throw error;
  }
}

function forward(
  client: Client,
  jump: SshMachine,
  { host, port }: SshAddress,
  timeoutMs: number,
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const failed = (cause: Error): void => {
      clearTimeout(timer);
      reject(unreachableFrom(jump, { host, port }, cause));
    };
    // A jump host itself waits two minutes for a machine that is off.
    const timer = setTimeout(() => failed(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    client.once('close', () => failed(new Error('it closed')));
    client.forwardOut('127.0.0.1', 0, host, port, (cause, channel) => {
      if (cause !== undefined) return failed(cause);
      clearTimeout(timer);
      resolve(channel);
    });
  });
}

function unreachableFrom(jump: SshMachine, to: SshAddress, cause: Error): SshError {
  return new SshError('SSH_UNREACHABLE', {
    message: `The jump host ${targetAddress(jump)} cannot connect to ${targetAddress(to)}: ${cause.message}.`,
    hint: 'Check the address of the machine as the jump host sees it, and that the sshd of the jump host has AllowTcpForwarding yes.',
    cause,
    details: { address: targetAddress(to) },
  });
}
