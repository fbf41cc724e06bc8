import { UnreadableError } from './unreadable.js';

/**
 * What one batch may take once it is decompressed. Producers fill batches of about 1 MB; a megabyte of zeros, however,
 * is a kilobyte of gzip, and brokers do not look at the size behind it.
 */
export const LARGEST_BATCH_BYTES = 32 * 1024 * 1024;

/** Records and headers of one batch. Each is an object of some hundred bytes here, and may be 2 bytes in the batch. */
export const MOST_BATCH_ENTRIES = 100_000;

/** Counts what a batch takes and refuses what takes too much. */
export class BatchSize {
  bytes = 0;
  entries = 0;

  addBytes(count: number): void {
    this.bytes += count;
    if (this.bytes > LARGEST_BATCH_BYTES)
      throw new UnreadableError(`the batch holds more than ${LARGEST_BATCH_BYTES} bytes`);
  }

  addEntry(): void {
    this.entries += 1;
    if (this.entries > MOST_BATCH_ENTRIES)
      throw new UnreadableError(`the batch holds more than ${MOST_BATCH_ENTRIES} records and headers`);
  }
}
