import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BatchParts,
  checksumOf,
  type Codec,
  codecs,
  compress,
  encodeBatch,
  encodeRecord,
  type RawRecord,
  varint,
} from '#libs/testing';
import { crc32c } from './crc32c.js';
import { readRecordSet } from './record-set.js';

const values = (...texts: string[]): RawRecord[] => texts.map((text) => ({ value: Buffer.from(text) }));
const textsOf = async (bytes: Buffer) => (await readRecordSet(bytes)).map(({ value }) => String(value));

/** What stands for a batch that cannot be read. */
async function refused(bytes: Buffer) {
  const [record, ...others] = await readRecordSet(bytes);
  expect(others).toEqual([]);
  expect(record?.value?.equals(bytes)).toBe(true);
  return record?.unreadable;
}

it('the checksum is the one of RFC 3720, and the one of the definition', () => {
  expect(crc32c(Buffer.alloc(32))).toBe(0x8a9136aa);
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
  fc.assert(fc.property(fc.uint8Array(), (bytes) => crc32c(bytes) === checksumOf(Buffer.from(bytes))));
});

describe.each(codecs)('a batch without or with a codec: %s', (codec: Codec) => {
  it('is read whole: offsets, keys, null values, headers', async () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['a', null],
      ['__proto__', Buffer.from('x')],
      ['none', null],
    ] as const;
    const records = [
      { key: Buffer.from('k'), value: Buffer.from('v'), headers },
      { value: null },
      { value: Buffer.alloc(0), offsetDelta: 7 },
    ];
    const [first, second, third] = await readRecordSet(
      encodeBatch({ codec, records, baseOffset: 40n, lastOffsetDelta: 9 }),
    );
    expect(first).toMatchObject({ offset: '40', key: Buffer.from('k'), value: Buffer.from('v') });
    expect(Object.entries(first?.headers ?? {})).toEqual([
      ['a', [Buffer.from('1'), null]],
      ['__proto__', Buffer.from('x')],
      ['none', null],
    ]);
    expect(second).toMatchObject({ offset: '41', key: null, value: null });
    expect(third).toMatchObject({ offset: '47', value: Buffer.alloc(0) });
  });

  it('that is cut off at the end of the fetch waits for the next one', async () => {
    const [one, two] = [values('1'), values('2')].map((records) => encodeBatch({ codec, records }));
    for (const cut of [1, 30, Number(two?.length) - 1])
      expect(
        await textsOf(Buffer.concat([one ?? Buffer.alloc(0), two?.subarray(0, -cut) ?? Buffer.alloc(0)])),
      ).toEqual(['1']);
  });

  it('that is broken anywhere never throws, and keeps neither its neighbours nor the reader', async () => {
    const good = encodeBatch({ codec, records: values('good'), baseOffset: 100n });
    const whole = encodeBatch({ codec, records: values('abc'.repeat(30), 'd'), baseOffset: 7n });
    const anywhere = fc.tuple(
      fc.integer({ min: 16, max: whole.length - 1 }),
      fc.integer({ min: 1, max: 255 }),
    );
    await fc.assert(
      fc.asyncProperty(anywhere, async ([at, flip]) => {
        const broken = Buffer.from(whole);
        broken[at] = Number(broken[at]) ^ flip;
        const [letter, after] = await readRecordSet(Buffer.concat([broken, good]));
        expect(letter?.unreadable?.baseOffset).toBe('7');
        expect(letter?.value?.equals(broken)).toBe(true);
        expect(String(after?.value)).toBe('good');
      }),
      { numRuns: 100 },
    );
  });

  it('with a right checksum and random bytes never throws', async () => {
    const payloads = fc.uint8Array({ maxLength: 300 }).map(Buffer.from);
    const counts = fc.constantFrom(-1, 0, 1, 2, 2_147_483_647, -2_147_483_648);
    await fc.assert(
      fc.asyncProperty(payloads, counts, fc.boolean(), async (random, count, isCompressed) => {
        const payload = isCompressed ? compress(codec, random) : random;
        const records = await readRecordSet(encodeBatch({ codec, payload, count, baseOffset: 5n }));
        for (const { offset } of records) expect(Number(offset)).toBeGreaterThanOrEqual(5);
      }),
      { numRuns: 150 },
    );
  });
});

describe('a batch that nobody can read', () => {
  const record = encodeRecord({ value: Buffer.from('x') }, 0);
  const withBody = (...parts: (Buffer | number[])[]): Buffer => {
    const body = Buffer.concat(parts.map((part) => Buffer.from(part)));
    return Buffer.concat([varint(body.length), body]);
  };

  it.each<readonly [string, BatchParts, string]>([
    ['an unknown codec', { attributes: 5, payload: record, count: 1 }, 'codec 5'],
    ['another magic', { magic: 3, records: values('x') }, 'magic 3'],
    ['no codec, but bytes of one', { attributes: 0, payload: compress('gzip', record), count: 1 }, ''],
    ['a codec, but bytes of none', { attributes: 4, payload: record, count: 1 }, 'zstd: '],
    ['more records than are there', { payload: record, count: 2 }, 'more bytes are announced'],
    [
      'fewer records than are there',
      { payload: Buffer.concat([record, record]), count: 1 },
      'bytes are left',
    ],
    ['a negative count', { payload: record, count: -7 }, 'behind -7 records'],
    ['two thousand million records', { payload: record, count: 2_147_483_647 }, 'more bytes are announced'],
    ['a record of a negative length', { payload: varint(-5), count: 1 }, 'a length is -5'],
    [
      'a value that ends behind the record',
      { payload: withBody([0, 0, 0, 1, 40]), count: 1 },
      '20 bytes are announced',
    ],
    ['a key of a negative length', { payload: withBody([0, 0, 0, 3]), count: 1 }, 'a length is -2'],
    [
      'a number without an end',
      { payload: withBody([0, 0], Buffer.alloc(6, 0xff)), count: 1 },
      'more than 5 bytes',
    ],
    [
      'a time without an end',
      { payload: withBody([0], Buffer.alloc(11, 0xff)), count: 1 },
      'more than 10 bytes',
    ],
    ['a header without a name', { payload: withBody([0, 0, 0, 1, 1, 2, 1, 1]), count: 1 }, 'has no name'],
    [
      'headers that are not there',
      { payload: withBody([0, 0, 0, 1, 1], varint(1e9)), count: 1 },
      'more bytes are announced',
    ],
    ['a negative number of headers', { payload: withBody([0, 0, 0, 1, 1, 3]), count: 1 }, '-2 headers'],
    ['bytes behind a record', { payload: withBody([0, 0, 0, 1, 1, 0, 9]), count: 1 }, '1 bytes are left'],
    ['an offset far behind its batch', { records: [{ offsetDelta: 1_000_000 }] }, 'offset 1000000'],
    ['an offset before its batch', { records: [{ offsetDelta: -1 }] }, 'offset -1'],
    ['an offset that comes twice', { records: [{}, { offsetDelta: 0 }] }, 'follows 0'],
  ])('%s', async (_, parts, reason) => {
    const unreadable = await refused(encodeBatch({ baseOffset: 12n, ...parts }));
    expect(unreadable).toMatchObject({ baseOffset: '12' });
    expect(unreadable?.reason).toContain(reason);
    expect(unreadable?.reason).not.toBe('');
  });

  it('has the last offset of the batch, so that reading goes on behind it', async () => {
    const unreadable = await refused(
      encodeBatch({ attributes: 7, records: values('1', '2', '3'), baseOffset: 9n }),
    );
    expect(unreadable).toMatchObject({ baseOffset: '9', lastOffset: '11' });
    const nonsense = encodeBatch({
      attributes: 7,
      records: values('1'),
      baseOffset: 9n,
      lastOffsetDelta: -4,
    });
    expect(await refused(nonsense)).toMatchObject({ lastOffset: '9' });
  });

  it('a header that is cut off, and a length that cannot be, are no reason to throw', async () => {
    const start = encodeBatch({ records: values('x'), baseOffset: 3n }).subarray(0, 30);
    start.writeInt32BE(start.length - 12, 8);
    expect(await refused(start)).toMatchObject({ baseOffset: '3', lastOffset: '3' });
    start.writeInt32BE(-1, 8);
    expect((await refused(start))?.reason).toContain('no length');
  });

  it('of a transaction is still known as a part of it, so that it can be aborted', async () => {
    const inTransaction = 0x10;
    const [record] = await readRecordSet(
      encodeBatch({ attributes: inTransaction | 5, records: values('x') }),
    );
    expect(record?.batchContext).toEqual({ producerId: '-1', inTransaction: true });
  });
});

describe('the markers of transactions', () => {
  it('are read as what no consumer sees', async () => {
    const isControl = 0x20;
    const abort = Buffer.from([0, 0, 0, 0]);
    const [marker] = await readRecordSet(encodeBatch({ attributes: isControl, records: [{ key: abort }] }));
    expect(marker).toMatchObject({ isControlRecord: true, key: abort });
  });
});
