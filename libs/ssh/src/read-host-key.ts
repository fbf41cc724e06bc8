import ssh2 from 'ssh2';
import { openWay, type WayTo } from './connect.js';
import { HostKeyMismatchError, SshError } from './errors.js';
import { algorithmsFor, type HostKey, hostKeyOf, type HostKeyType, hostKeyTypes } from './host-key.js';
import type { ConnectOptions } from './log-in.js';
import { targetAddress } from './target.js';

const DEFAULTS: ConnectOptions = { connectTimeoutMs: 10_000, keepaliveMs: 10_000 };

/**
 * The host key that the machine shows now, for enrolment; if `wanted` is the fingerprint of one of its keys, that one.
 * Logs in to nothing but the jump host. Throws HostKeyMismatchError, or SSH_UNREACHABLE.
 */
export async function readHostKey(
  to: WayTo,
  wanted?: string,
  options: ConnectOptions = DEFAULTS,
): Promise<HostKey> {
  const shown = new Map<string, HostKey>();
  for (const type of hostKeyTypes) {
    const key = await shownKey(to, type, options);
    if (wanted === undefined || key.fingerprint === wanted) return key;
    shown.set(key.fingerprint, key);
  }
  const expected = { type: undefined, fingerprint: wanted ?? '' };
  throw new HostKeyMismatchError(expected, [...shown.values()], targetAddress(to), 'given');
}

async function shownKey(to: WayTo, type: HostKeyType, options: ConnectOptions): Promise<HostKey> {
  const way = await openWay(to, options);
  const client = new ssh2.Client();
  try {
    return await new Promise<HostKey>((resolve, reject) => {
      const failed = (cause?: unknown) => reject(noHostKey(to, cause));
      client.on('error', failed).on('close', () => failed());
      client.connect({
        sock: way.sock,
        username: 'nobody',
        readyTimeout: options.connectTimeoutMs,
        algorithms: { serverHostKey: algorithmsFor(type) },
        // The answer is "no" whatever it is: nothing after the key is wanted.
        hostVerifier: (key: Buffer) => {
          resolve(hostKeyOf(key));
          return false;
        },
      });
    });
  } finally {
    client.destroy();
    way.close();
  }
}

function noHostKey(to: WayTo, cause: unknown): SshError {
  return new SshError('SSH_UNREACHABLE', {
    message: `${targetAddress(to)} did not send a host key.`,
    hint: 'Check that an SSH server listens there.',
    cause,
  });
}
