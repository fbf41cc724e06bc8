import { createHash } from 'node:crypto';
import type { HostKeyType } from './host-key.js';

export type SshLogin =
  | {
      readonly privateKey: string;
      /** Of an encrypted key. */
      readonly passphrase?: string;
    }
  | { readonly password: string };

/** Where an SSH server listens. */
export type SshAddress = Pick<SshMachine, 'host' | 'port'>;

/** A machine and how to log in to it. */
export interface SshMachine {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** `SHA256:` and base64 without padding, as ssh-keygen -l prints it. */
  readonly hostKeyFingerprint: string;
  /** Of the pinned key; where it is left out the machine is asked for one type after the other. */
  readonly hostKeyType?: HostKeyType;
  readonly login: SshLogin;
}

/** A machine that is reached through another one, if `jump` names it. */
export interface SshTarget extends SshMachine {
  readonly jump?: SshMachine;
}

const parts = ({ host, port, user, hostKeyFingerprint, hostKeyType, login }: SshMachine) => [
  ...[host, port, user, hostKeyFingerprint, hostKeyType, login],
];

/** Same key, same connection. The login goes in as a hash: a changed login must not ride on an old connection. */
export function targetKey(target: SshTarget): string {
  const machines = [target, ...(target.jump === undefined ? [] : [target.jump])];
  return createHash('sha256')
    .update(JSON.stringify(machines.map(parts)))
    .digest('base64');
}

export function targetAddress({ host, port }: SshAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
