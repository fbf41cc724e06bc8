import { createHash } from 'node:crypto';

export type SshLogin = { readonly privateKey: string } | { readonly password: string };

/** A machine and how to log in to it. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** `SHA256:` and base64 without padding, as ssh-keygen -l prints it. */
  readonly hostKeyFingerprint: string;
  readonly login: SshLogin;
}

/** Same key, same connection. The login goes in as a hash: a changed login must not ride on an old connection. */
export function targetKey({ host, port, user, hostKeyFingerprint, login }: SshTarget): string {
  return createHash('sha256')
    .update(JSON.stringify([host, port, user, hostKeyFingerprint, login]))
    .digest('base64');
}

export function targetAddress({ host, port }: Pick<SshTarget, 'host' | 'port'>): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
