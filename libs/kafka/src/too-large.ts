import type { OutgoingMessage } from './cloud-event.js';

/** A message that the broker refuses as too large, also alone. */
export interface RefusedMessage {
  readonly message: OutgoingMessage;
  /** Key, body and headers together. */
  readonly bytes: number;
}

/** All other messages of the call were published. */
export class MessagesTooLargeError extends Error {
  readonly code = 'MESSAGE_TOO_LARGE';
  readonly kind = 'permanent';
  readonly hint =
    'Raise max.message.bytes of the topic, or message.max.bytes of the brokers, or send less at once.';

  constructor(readonly refused: readonly RefusedMessage[]) {
    const each = refused.map(({ message, bytes }) => `${bytes} bytes for ${message.topic}`);
    super(`The broker refuses as too large: ${each.join(', ')}`);
    this.name = 'MessagesTooLargeError';
  }
}

/** Of a topic's or a broker's limit, and of the limit that a broker's segments set. */
const TOO_LARGE: ReadonlySet<unknown> = new Set(['MESSAGE_TOO_LARGE', 'RECORD_LIST_TOO_LARGE']);

export const isTooLarge = (error: unknown): boolean =>
  error instanceof Error && 'type' in error && TOO_LARGE.has(error.type);
