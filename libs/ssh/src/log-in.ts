import type { Duplex } from 'node:stream';
import ssh2, { type Client } from 'ssh2';
import { SshError } from './errors.js';
import { algorithmsFor, type HostKey, hostKeyOf, type HostKeyType } from './host-key.js';
import type { credentialOf } from './private-key.js';
import { type SshMachine, targetAddress } from './target.js';

export interface ConnectOptions {
  readonly connectTimeoutMs: number;
  /** Three unanswered in a row end the connection. */
  readonly keepaliveMs: number;
  /**
   * Runs a login when its turn has come, once the server has said a first word; at once where it is left out. A login
   * costs 10 ms of CPU or more on each side: of hundreds side by side none would be done in time.
   */
  readonly logInTurn?: <T>(work: () => Promise<T>) => Promise<T>;
}

/** ssh2's `level` says which stage failed: of the login, or of the way there. */
interface LeveledError extends Error {
  readonly level?: string;
}

/**
 * A logged-in connection over the stream, or the host key that the machine showed where that is not the pinned one:
 * then nothing of the login was sent. Throws SSH_LOGIN_REFUSED or SSH_UNREACHABLE.
 */
export async function logIn(
  machine: SshMachine & { readonly credential: ReturnType<typeof credentialOf> },
  sock: Duplex,
  askedFor: HostKeyType,
  options: ConnectOptions,
): Promise<Client | HostKey> {
  const client = new ssh2.Client();
  let other: HostKey | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      // While it waited for its turn: its end will not be told again.
      if (sock.destroyed) throw new Error('closed before the login began');
      client.once('ready', resolve);
      client.once('close', () => reject(new Error('closed before the login was done')));
      // Stays on: an error without a listener would end the process; `close` follows it.
      client.on('error', reject);
      client.connect({
        sock,
        username: machine.user,
        authHandler: [machine.credential],
        algorithms: { serverHostKey: algorithmsFor(askedFor) },
        readyTimeout: options.connectTimeoutMs,
        keepaliveInterval: options.keepaliveMs,
        keepaliveCountMax: 3,
        hostVerifier: (key: Buffer) => {
          const shown = hostKeyOf(key);
          if (shown.fingerprint === machine.hostKeyFingerprint) return true;
          other = shown;
          return false;
        },
      });
    });
    return client;
  } catch (cause) {
    client.destroy();
    if (other !== undefined) return other;
    throw loginError(machine, cause);
  }
}

function loginError(machine: SshMachine, cause: unknown): SshError {
  const address = targetAddress(machine);
  if ((cause as LeveledError).level === 'client-authentication') {
    return new SshError('SSH_LOGIN_REFUSED', {
      message: `${address} refused the login of ${machine.user}.`,
      hint: 'Check the user, and that the machine accepts this key or password.',
      cause,
      details: { address, user: machine.user },
    });
  }
  return unreachable(machine, cause);
}

/** No SSH server answers at the address. */
export function unreachable(machine: SshMachine, cause: unknown): SshError {
  const address = targetAddress(machine);
  return new SshError('SSH_UNREACHABLE', {
    message: `Cannot open an SSH connection to ${address}.`,
    hint: 'Check that an SSH server listens there and answers.',
    cause,
    details: { address },
  });
}
