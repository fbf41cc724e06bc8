import type { KafkaMessage } from 'kafkajs';
import type { MessageDefinition } from '#libs/contracts';
import { classify } from './classify.js';
import {
  bytesOf,
  decode,
  type DecodedMessage,
  headersOf,
  LARGEST_MESSAGE_BYTES,
  traceparentOf,
} from './cloud-event.js';
import { reasonOf } from './dead-letter-reason.js';
import type { DeadLetters } from './dead-letters.js';
import { PermanentError } from './errors.js';
import type { LogSink } from './kafka-client.js';
import type { InvalidMessage, Prove } from './message-context.js';
import { unreadableBatchOf } from './record-set/read-record.js';

/** A bug may be in how two messages meet, so it is tried again; more often would only hold up the others. */
export const BUG_TRIES = 3;

/** A message that is not handled. To settle it is to answer its sender and to keep it among the dead letters. */
export class Refusal {
  constructor(readonly settle: (tries: number) => Promise<void>) {}
}

export interface ReadingOptions {
  /** Without the prefix. */
  readonly topic: string;
  readonly definitions: readonly MessageDefinition[];
  /** A message of this topic without a body says that something was removed; otherwise it is refused. */
  readonly tombstones?: boolean;
  /**
   * Called for a message that does not parse, before it goes to the dead letters. When it throws, it is called again
   * later: until it does not, or three times when the error is a bug.
   */
  readonly onInvalid?: (invalid: InvalidMessage) => Promise<void>;
  readonly prove?: Prove;
  readonly logger: LogSink;
}

interface ReaderOptions extends ReadingOptions {
  readonly deadLetters: DeadLetters;
}

/** From what a broker gives to a message of the catalogue, and who proves to have sent it. */
export class MessageReader {
  constructor(private readonly options: ReaderOptions) {}

  read(partition: number, raw: KafkaMessage): Promise<DecodedMessage | Refusal> {
    return this.proven(partition, raw, this.decoded(partition, raw));
  }

  /** A refusal for what never will be a message of this topic. */
  private decoded(partition: number, raw: KafkaMessage): DecodedMessage | Refusal {
    const { topic, definitions, tombstones } = this.options;
    const unreadable = unreadableBatchOf(raw);
    if (unreadable !== undefined)
      return new Refusal(() =>
        this.options.deadLetters.addBatch(partition, raw.value ?? Buffer.alloc(0), unreadable),
      );
    try {
      return decode({ topic, partition }, raw, definitions, { tombstones });
    } catch (error) {
      return this.refusal(partition, raw, error);
    }
  }

  /** A refusal for what claims to be somebody's and is not; one that waits while that cannot be found out. */
  private async proven(
    partition: number,
    raw: KafkaMessage,
    message: DecodedMessage | Refusal,
  ): Promise<DecodedMessage | Refusal> {
    const { topic, prove } = this.options;
    if (prove === undefined || message instanceof Refusal) return message;
    const { type, headers } = message;
    try {
      return {
        ...message,
        principal: await prove({ topic, type, headers, body: raw.value ?? Buffer.alloc(0) }),
      };
    } catch (error) {
      return this.unproven(error, this.refusal(partition, raw, error));
    }
  }

  /** What may pass is asked again; a bug in the proof holds its partition no longer than any other. */
  private unproven(error: unknown, refusal: Refusal): Refusal {
    const kind = classify(error);
    if (kind === 'permanent') return refusal;
    return new Refusal((tries) =>
      kind === 'bug' && tries >= BUG_TRIES ? refusal.settle(tries) : Promise.reject(error as Error),
    );
  }

  private refusal(partition: number, raw: KafkaMessage, error: unknown): Refusal {
    const { topic, onInvalid, logger } = this.options;
    return new Refusal(async (tries) => {
      const traceparent = traceparentOf(headersOf(raw));
      const value = bytesOf(raw) > LARGEST_MESSAGE_BYTES ? null : raw.value;
      const code = error instanceof PermanentError ? error.code : 'MESSAGE_INVALID';
      await onInvalid?.({ topic, value, reason: reasonOf(error), code, traceparent }).catch(
        (err: unknown) => {
          if (classify(err) === 'retriable' || tries < BUG_TRIES) throw err;
          logger.warn({ err, topic, offset: raw.offset }, 'a refused message is not answered');
        },
      );
      await this.options.deadLetters.add(partition, raw, error);
    });
  }
}
