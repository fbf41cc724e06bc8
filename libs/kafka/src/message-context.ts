import type { DecodedMessage } from './cloud-event.js';

/** What is known of a message beside its data. `@Handles` gives its transaction, `@Ctx()` all of it. */
export interface MessageContext {
  /** CloudEvents id, or `<topic>/<partition>/<offset>`. */
  readonly id: string;
  readonly type: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly traceparent?: string;
  /** Who sent it, where that is proven. */
  readonly principal?: string;
  /** The transaction that records the message as handled; what belongs to it is written here. */
  readonly tx: unknown;
}

/** A message that is no message of its topic. */
export interface InvalidMessage {
  readonly topic: string;
  /** Null where there is none, and where it is too large to be repeated. */
  readonly value: Buffer | null;
  /** Field, value and what was expected. */
  readonly reason: string;
  readonly code: string;
  readonly traceparent?: string;
}

/** Who proves to have sent a message. Throws PermanentError where the proof is none; any other error but a bug may pass. */
export type Prove = (message: {
  readonly topic: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}) => Promise<string | undefined>;

/**
 * Records messages as handled. One transaction for all of a call: `handle` runs for each message that this consumer
 * has not handled before, in order; when one throws, nothing of the call is kept.
 */
export interface InboxPort {
  run(
    consumer: string,
    messages: readonly { readonly id: string }[],
    handle: (index: number, tx: unknown) => Promise<void>,
  ): Promise<void>;
}

/** Runs `work`, which handles the message; for traces. */
export type AroundHandling = (
  message: DecodedMessage,
  context: MessageContext,
  work: () => Promise<void>,
) => Promise<void>;

export type MessageHandler = (message: DecodedMessage, context: MessageContext) => Promise<void>;
