import ssh2, { type Client } from 'ssh2';
import { HostKeyMismatchError, SshError } from './errors.js';
import { fingerprint } from './fingerprint.js';
import { openTcp } from './open-tcp.js';
import { targetAddress, type SshTarget } from './target.js';

interface ConnectOptions {
  readonly connectTimeoutMs: number;
  /** Three unanswered in a row end the connection. */
  readonly keepaliveMs: number;
}

/** ssh2's `level` says which stage failed: of the login, or of the way there. */
interface LeveledError extends Error {
  readonly level?: string;
}

/**
 * A logged-in connection. Throws HostKeyMismatchError before anything of the login is sent,
 * SSH_LOGIN_REFUSED, or SSH_UNREACHABLE.
 */
export async function connect(target: SshTarget, options: ConnectOptions): Promise<Client> {
  assertReadableKey(target);
  const sock = await openTcp(target.host, target.port, options.connectTimeoutMs);
  const client = new ssh2.Client();
  let mismatch: HostKeyMismatchError | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('close', () => reject(new Error('closed before the login was done')));
      // Stays on: an error without a listener would end the process; `close` follows it.
      client.on('error', reject);
      client.connect({
        sock,
        username: target.user,
        ...target.login,
        readyTimeout: options.connectTimeoutMs,
        keepaliveInterval: options.keepaliveMs,
        keepaliveCountMax: 3,
        hostVerifier: (key: Buffer) => {
          const presented = fingerprint(key);
          if (presented === target.hostKeyFingerprint) return true;
          mismatch = new HostKeyMismatchError(target.hostKeyFingerprint, presented, targetAddress(target));
          return false;
        },
      });
    });
    return client;
  } catch (cause) {
    client.destroy();
    sock.destroy();
    throw mismatch ?? connectError(target, cause);
  }
}

function assertReadableKey({ login }: SshTarget): void {
  if (!('privateKey' in login)) return;
  const parsed = ssh2.utils.parseKey(login.privateKey);
  if (!(parsed instanceof Error)) return;
  throw new SshError('SSH_LOGIN_REFUSED', {
    message: 'The private key cannot be read.',
    hint: 'Give an OpenSSH or PEM private key without a passphrase.',
    cause: parsed,
  });
}

function connectError(target: SshTarget, cause: unknown): SshError {
  const address = targetAddress(target);
  if ((cause as LeveledError).level === 'client-authentication') {
    return new SshError('SSH_LOGIN_REFUSED', {
      message: `${address} refused the login of ${target.user}.`,
      hint: 'Check the user, and that the machine accepts this key or password.',
      cause,
      details: { address, user: target.user },
    });
  }
  return new SshError('SSH_UNREACHABLE', {
    message: `Cannot open an SSH connection to ${address}.`,
    hint: 'Check that an SSH server listens there and answers.',
    cause,
    details: { address },
  });
}
