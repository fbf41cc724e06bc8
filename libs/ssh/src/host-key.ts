import { createHash } from 'node:crypto';
import type { ServerHostKeyAlgorithm } from 'ssh2';

/** In the order in which a machine is asked for its key: the one that OpenSSH prefers first. */
export const hostKeyTypes = ['ed25519', 'ecdsa', 'rsa'] as const;
export type HostKeyType = (typeof hostKeyTypes)[number];

export interface HostKey {
  /** Undefined where this lib does not know the kind. */
  readonly type: HostKeyType | undefined;
  /** `SHA256:` and base64 without padding, as ssh-keygen -l prints it. */
  readonly fingerprint: string;
}

const ALGORITHMS: Readonly<Record<HostKeyType, readonly ServerHostKeyAlgorithm[]>> = {
  ed25519: ['ssh-ed25519'],
  ecdsa: ['ecdsa-sha2-nistp256', 'ecdsa-sha2-nistp384', 'ecdsa-sha2-nistp521'],
  rsa: ['rsa-sha2-512', 'rsa-sha2-256', 'ssh-rsa'],
};

/**
 * What to ask a server for, so that it shows the key of this type if it has one. The others follow: a server without
 * it shows another key, which tells more than a failed handshake.
 */
export function algorithmsFor(type: HostKeyType): ServerHostKeyAlgorithm[] {
  return [type, ...hostKeyTypes.filter((other) => other !== type)].flatMap((one) => ALGORITHMS[one]);
}

/** `SHA256:` and the unpadded base64 of the key's hash: the form that ssh-keygen -l prints. */
export function fingerprint(hostKey: Buffer): string {
  return `SHA256:${createHash('sha256').update(hostKey).digest('base64').replace(/=+$/, '')}`;
}

/** Of a key as the server sends it: RFC 4253 begins it with the length and the name of its kind. */
export function hostKeyOf(key: Buffer): HostKey {
  const name = key.toString('latin1', 4, 4 + (key.length < 4 ? 0 : key.readUInt32BE(0)));
  const type = hostKeyTypes.find((one) => ALGORITHMS[one].some((algorithm) => algorithm === name));
  return { type, fingerprint: fingerprint(key) };
}

/** `ED25519 SHA256:...`, as ssh-keygen -l names both. */
export function hostKeyText({ type, fingerprint: print }: HostKey): string {
  return type === undefined ? print : `${type.toUpperCase()} ${print}`;
}
