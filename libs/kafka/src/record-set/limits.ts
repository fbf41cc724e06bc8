import { UnreadableError } from './unreadable.js';

/**
 * What a compressed batch may take once it is decompressed: eight messages of the largest size. A megabyte of zeros is a
 * kilobyte of gzip, and brokers do not look at the size behind it. Of each partition up to twice as much is in memory,
 * and an app reads some thirty partitions side by side. What is not compressed only its broker limits.
 */
export const LARGEST_BATCH_BYTES = 8 * 1024 * 1024;

/** Records and headers of one batch. Each is an object of some hundred bytes here, and may be 2 bytes in the batch. */
export const MOST_BATCH_ENTRIES = 100_000;

/** Of one batch of gzip or zstd: producers write one, and each takes a decoder of its own, 0.2 ms. */
export const MOST_FRAMES = 1_000;

/** Counts what a batch takes, and refuses too many entries. */
export class BatchSize {
  bytes = 0;
  entries = 0;

  addBytes(count: number): void {
    this.bytes += count;
  }

  addEntry(): void {
    this.entries += 1;
    if (this.entries > MOST_BATCH_ENTRIES)
      throw new UnreadableError(`the batch holds more than ${MOST_BATCH_ENTRIES} records and headers`);
  }
}
