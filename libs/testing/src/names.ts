import { randomBytes } from 'node:crypto';

/** `prefix-` and 12 hexadecimal characters: a topic, container or repository that no other test file uses. */
export function uniqueName(prefix: string): string {
  return `${prefix}-${randomBytes(6).toString('hex')}`;
}
