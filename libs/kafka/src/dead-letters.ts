import type { KafkaMessage } from 'kafkajs';
import { deadLetterTopic } from '#libs/contracts';
import { headersOf } from './cloud-event.js';
import { reasonOf } from './dead-letter-reason.js';
import type { LogSink } from './kafka-client.js';
import { isTooLarge } from './not-published.js';
import type { Producer } from './producer.js';
import type { UnreadableBatch } from './record-set/read-record.js';
import type { RawRecord } from './topic-producer.js';

interface DeadLettersOptions {
  /** What the letters came on; they go to its dead-letter topic. */
  readonly topic: string;
  /** That topic as the brokers have it. */
  readonly name: string;
  readonly producer: Pick<Producer, 'forward'>;
  readonly logger: LogSink;
}

type Headers = Record<string, string>;

const LONGEST_REASON = 4_000;
/** Named as a content type, so that nobody takes the bytes for a message's body. */
const BATCH_CONTENT_TYPE = 'application/vnd.apache.kafka.record-batch';

/**
 * What will never be handled, for people to look at. Each call resolves when the broker has it, so before the commit.
 * A letter goes to the partition of the same number: to find one by its key, kafkajs needs a time that grows with the
 * square of the key's length, 4 minutes for a megabyte.
 */
export class DeadLetters {
  /** Partitions with a dead letter since their last commit: read again, it would go there again. */
  private readonly lettered = new Set<number>();

  constructor(private readonly options: DeadLettersOptions) {}

  /** A message as it came. One that only its own topic is large enough for goes without its body. */
  async add(partition: number, raw: KafkaMessage, error: unknown): Promise<void> {
    const reason = reasonOf(error).slice(0, LONGEST_REASON);
    const about = this.about(partition, raw.offset, reason);
    const headers = { ...headersOf(raw), ...about };
    const record = { key: raw.key, value: raw.value, headers, partition };
    await this.forwarded(record, () => this.withoutBody(partition, about, raw.value));
    this.noted(partition, raw.offset, reason, 'a message went to the dead letters');
  }

  /** A batch as it was fetched. One that is too large with these headers goes in two parts. */
  async addBatch(partition: number, bytes: Buffer, batch: UnreadableBatch): Promise<void> {
    const { baseOffset, lastOffset, reason } = batch;
    const about = {
      ...this.about(partition, baseOffset, reason.slice(0, LONGEST_REASON)),
      'slipway-dead-letter-last-offset': lastOffset,
      'content-type': BATCH_CONTENT_TYPE,
    };
    const record = { key: null, value: bytes, headers: about, partition };
    await this.forwarded(record, () => this.inTwoParts(partition, about, bytes));
    this.noted(partition, baseOffset, reason, 'a batch that cannot be read went to the dead letters');
  }

  /** Asked once for each commit. */
  hadSinceLastCommit(partition: number): boolean {
    return this.lettered.delete(partition);
  }

  private about(partition: number, offset: string, reason: string): Headers {
    return {
      'slipway-dead-letter-reason': reason,
      'slipway-dead-letter-topic': this.options.name,
      'slipway-dead-letter-partition': String(partition),
      'slipway-dead-letter-offset': offset,
    };
  }

  private async forwarded(record: RawRecord, whenTooLarge: () => Promise<void>): Promise<void> {
    try {
      await this.forward(record);
    } catch (error) {
      if (!isTooLarge(error)) throw error;
      await whenTooLarge();
    }
  }

  private async inTwoParts(partition: number, about: Headers, bytes: Buffer): Promise<void> {
    const middle = Math.ceil(bytes.length / 2);
    for (const [index, value] of [bytes.subarray(0, middle), bytes.subarray(middle)].entries()) {
      const headers = { ...about, 'slipway-dead-letter-part': `${index + 1}/2` };
      const record = { key: null, value, headers, partition };
      await this.forwarded(record, () => this.withoutBody(partition, headers, value));
    }
  }

  private withoutBody(partition: number, about: Headers, body: Buffer | null): Promise<void> {
    const headers = { ...about, 'slipway-dead-letter-bytes-left-out': String(body?.length ?? 0) };
    return this.forward({ key: null, value: null, headers, partition });
  }

  private forward(record: RawRecord): Promise<void> {
    return this.options.producer.forward(deadLetterTopic(this.options.topic), record);
  }

  private noted(partition: number, offset: string, reason: string, message: string): void {
    const { topic, logger } = this.options;
    this.lettered.add(partition);
    logger.warn({ topic, partition, offset, reason }, message);
  }
}
