import type { KafkaMessage } from 'kafkajs';

/** A batch that no codec can read, whole: it stands where its last record would. */
export interface UnreadableBatch {
  readonly reason: string;
  readonly baseOffset: string;
  readonly lastOffset: string;
}

/** As kafkajs hands it to consumers, with what its own filters of transactions look at. */
export interface ReadRecord {
  readonly magicByte: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Record<string, Buffer | null | (Buffer | null)[]>;
  /** A marker of a transaction's end, which no consumer sees. */
  readonly isControlRecord: boolean;
  readonly batchContext: { readonly producerId: string; readonly inTransaction: boolean };
  /** Then the value is the batch as it was fetched. */
  readonly unreadable?: UnreadableBatch;
}

/** Undefined for every message that could be read. */
export const unreadableBatchOf = (message: KafkaMessage): UnreadableBatch | undefined =>
  (message as { unreadable?: UnreadableBatch }).unreadable;

export const NO_TRANSACTION = { producerId: '-1', inTransaction: false } as const;
