import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';
import { openTcp } from './open-tcp.js';
import { SshError } from './errors.js';
import { targetAddress } from './target.js';

/** `SHA256:` and the unpadded base64 of the key's hash: the form that ssh-keygen -l prints. */
export function fingerprint(hostKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`;
}

/**
 * The fingerprint that the machine shows now, for enrolment: a human compares it once, later it is pinned.
 * Logs in to nothing. Throws SSH_UNREACHABLE.
 */
export async function readHostKeyFingerprint(
  host: string,
  port: number,
  { timeoutMs = 10_000 }: { readonly timeoutMs?: number } = {},
): Promise<string> {
  const sock = await openTcp(host, port, timeoutMs);
  const client = new ssh2.Client();
  try {
    return await new Promise<string>((resolve, reject) => {
      const failed = (cause?: unknown) =>
        reject(
          new SshError('SSH_UNREACHABLE', {
            message: `${targetAddress({ host, port })} did not send a host key.`,
            hint: 'Check that an SSH server listens there.',
            cause,
          }),
        );
      client.on('error', failed).on('close', () => failed());
      client.connect({
        sock,
        username: 'nobody',
        readyTimeout: timeoutMs,
        // The answer is "no" whatever it is: nothing after the key is wanted.
        hostVerifier: (key: Buffer) => {
          resolve(fingerprint(key));
          return false;
        },
      });
    });
  } finally {
    client.destroy();
    sock.destroy();
  }
}
