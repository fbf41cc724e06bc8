import type { KafkaMessage } from 'kafkajs';
import { headersOf } from './cloud-event.js';
import type { PlatformKafka } from './kafka-client.js';
import { unreadableBatchOf } from './record-set/read-record.js';

export interface TailedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Parsed JSON; the text itself where it is not JSON. */
  readonly data: unknown;
}

interface Found {
  /** Without the prefix. */
  readonly topic: string;
  readonly partition: number;
  readonly message: KafkaMessage;
}

/** Hands messages on. Nothing that stands in a topic ends the reading: what cannot be read is passed over. */
export class Passing {
  private hasSaid = false;

  constructor(private readonly kafka: PlatformKafka) {}

  pass({ topic, partition, message }: Found, onMessage: (message: TailedMessage) => void): void {
    const { offset, key, value } = message;
    const at = { topic, partition, offset };
    const unreadable = unreadableBatchOf(message);
    if (unreadable !== undefined) return this.passOver(at, unreadable.reason);
    try {
      const headers = headersOf(message);
      onMessage({ ...at, headers, key: key?.toString() ?? '', data: parsed(value) });
    } catch (error) {
      this.passOver(at, error instanceof Error ? error.message : String(error));
    }
  }

  /** Said once: a topic may be full of it, and its consumers say it of each. */
  private passOver(at: object, reason: string): void {
    if (this.hasSaid) return;
    this.hasSaid = true;
    this.kafka
      .logger()
      .warn('reading along, something was passed over that cannot be read', { ...at, reason });
  }
}

function parsed(value: Buffer | null): unknown {
  const text = value?.toString() ?? '';
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
