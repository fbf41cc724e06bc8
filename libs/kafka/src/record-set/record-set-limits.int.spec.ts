import { describe, expect, it } from 'vitest';
import { compress, encodeBatch, varint } from '#libs/testing';
import { LARGEST_BATCH_BYTES, MOST_BATCH_ENTRIES } from './limits.js';
import { readRecordSet } from './record-set.js';

/** What stands for a batch that cannot be read. */
async function refused(bytes: Buffer) {
  const [record, ...others] = await readRecordSet(bytes);
  expect(others).toEqual([]);
  expect(record?.value?.equals(bytes)).toBe(true);
  return record?.unreadable;
}

describe('a batch that is larger inside than outside', () => {
  it('is refused beyond the limit', async () => {
    const bomb = encodeBatch({ codec: 'zstd', records: [{ value: Buffer.alloc(LARGEST_BATCH_BYTES) }] });
    expect(bomb.length).toBeLessThan(10_000);
    expect((await refused(bomb))?.reason).toContain('zstd');
  });

  it('held 64 MB of each partition, 400 MB of a topic: no more than 16 MiB of a partition are read at once', async () => {
    const batch = encodeBatch({ codec: 'zstd', records: [{ value: Buffer.alloc(7_500_000) }] });
    const records = await readRecordSet(Buffer.concat(Array.from({ length: 9 }, () => batch)));
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0), 0);
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThanOrEqual(16 * 1024 * 1024);
  });

  it('does not keep one from being read that is as large outside: it is in memory already', async () => {
    const large = encodeBatch({ records: [{ value: Buffer.alloc(LARGEST_BATCH_BYTES + 1) }] });
    expect((await readRecordSet(large))[0]?.value).toHaveLength(LARGEST_BATCH_BYTES + 1);
  });

  it('is refused with too many records', async () => {
    const count = MOST_BATCH_ENTRIES + 1;
    const records = Array.from({ length: count }, (_, n) => {
      const delta = [(2 * n) | 0x80, ((2 * n) >> 7) | 0x80, (2 * n) >> 14];
      return [16, 0, 0, ...delta, 1, 1, 0];
    });
    const payload = compress('zstd', Buffer.from(records.flat()));
    expect((await refused(encodeBatch({ codec: 'zstd', payload, count })))?.reason).toContain('records and');
  });

  it('is refused with too many headers', async () => {
    const headers = Buffer.alloc(2 * MOST_BATCH_ENTRIES, Buffer.from([0, 1]));
    const body = Buffer.concat([Buffer.from([0, 0, 0, 1, 1]), varint(MOST_BATCH_ENTRIES), headers]);
    const payload = compress('zstd', Buffer.concat([varint(body.length), body]));
    expect((await refused(encodeBatch({ codec: 'zstd', payload, count: 1 })))?.reason).toContain(
      'and headers',
    );
  });

  it('many of them are not all decompressed at once: those behind are fetched again', async () => {
    const half = [{ value: Buffer.alloc(LARGEST_BATCH_BYTES / 2) }];
    const batch = encodeBatch({ codec: 'zstd', records: half });
    expect(await readRecordSet(Buffer.concat([batch, batch, batch, batch]))).toHaveLength(2);
  });
});
