import { crc32 } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Codec, compress, encodeBatch } from '#libs/testing';
import { readRecordSet } from './record-set.js';

interface Old {
  readonly offset: bigint;
  readonly magic: 0 | 1;
  readonly attributes?: number;
  readonly value: Buffer | null;
}

/** A message as brokers before 0.11 stored it. */
function encodeOld({ offset, magic, attributes = 0, value }: Old): Buffer {
  const sized = Buffer.alloc(4);
  sized.writeInt32BE(value?.length ?? -1);
  const noKey = Buffer.alloc(4, 0xff);
  const rest = Buffer.concat([
    ...[Buffer.from([magic, attributes]), Buffer.alloc(magic * 8), noKey, sized, value ?? Buffer.alloc(0)],
  ]);
  const start = Buffer.alloc(16);
  start.writeBigInt64BE(offset);
  start.writeInt32BE(rest.length + 4, 8);
  start.writeUInt32BE(crc32(rest), 12);
  return Buffer.concat([start, rest]);
}

describe('messages of the old formats', () => {
  const numbers: Readonly<Record<string, number>> = { gzip: 1, snappy: 2, lz4: 3 };
  const inside = (offsets: readonly bigint[], magic: 0 | 1) =>
    Buffer.concat(offsets.map((offset) => encodeOld({ offset, magic, value: Buffer.from(`at ${offset}`) })));

  it.each([0, 1] as const)('one alone, of magic %i', async (magic) => {
    const [record] = await readRecordSet(encodeOld({ offset: 5n, magic, value: Buffer.from('x') }));
    expect(record).toMatchObject({ offset: '5', value: Buffer.from('x'), headers: {}, magicByte: magic });
  });

  it.each(Object.keys(numbers))('several in one, with the offsets that they have: %s', async (name) => {
    const outer = (magic: 0 | 1, offsets: readonly bigint[]) =>
      encodeOld({
        ...{ offset: 12n, magic, attributes: numbers[name] },
        value: compress(name as Codec, inside(offsets, magic)),
      });
    const old = await readRecordSet(outer(0, [10n, 12n]));
    const relative = await readRecordSet(outer(1, [0n, 2n]));
    for (const records of [old, relative]) expect(records.map(({ offset }) => offset)).toEqual(['10', '12']);
  });

  const zipped = (bytes: Buffer) => compress('gzip', bytes);
  it.each<readonly [string, Old, string]>([
    [
      'nothing inside',
      { offset: 1n, magic: 1, attributes: 1, value: zipped(Buffer.alloc(0)) },
      'nothing in it',
    ],
    ['no body', { offset: 1n, magic: 1, attributes: 1, value: null }, 'no body'],
    [
      'garbage inside',
      { offset: 1n, magic: 1, attributes: 1, value: zipped(Buffer.alloc(40, 7)) },
      'announced',
    ],
    [
      'zstd, which they do not have, broken',
      { offset: 1n, magic: 1, attributes: 4, value: Buffer.from('x') },
      'zstd',
    ],
    [
      'offsets that go back',
      { offset: 4n, magic: 1, attributes: 1, value: zipped(inside([2n, 1n], 1)) },
      'follows',
    ],
    [
      'offsets of another place',
      { offset: 4n, magic: 0, attributes: 1, value: zipped(inside([1n], 0)) },
      'end at 1',
    ],
    [
      'one in another in another',
      {
        ...{ offset: 4n, magic: 1, attributes: 1 },
        value: zipped(encodeOld({ offset: 0n, magic: 1, attributes: 1, value: zipped(inside([0n], 1)) })),
      },
      'in one another',
    ],
  ])('that cannot be read: %s', async (_, old, reason) => {
    const [record] = await readRecordSet(encodeOld(old));
    expect(record?.unreadable?.reason).toContain(reason);
  });

  it('one whose key would reach back, which kafkajs reads for ever', async () => {
    const message = encodeOld({ offset: 1n, magic: 1, value: Buffer.from('x') });
    message.writeInt32BE(-20, 26);
    message.writeUInt32BE(crc32(message.subarray(16)), 12);
    const [record] = await readRecordSet(message);
    expect(record?.unreadable?.reason).toBe('a length is -20');
  });

  it('stand beside new ones', async () => {
    const old = encodeOld({ offset: 1n, magic: 1, value: Buffer.from('old') });
    const young = encodeBatch({ records: [{ value: Buffer.from('young') }], baseOffset: 2n });
    const records = await readRecordSet(Buffer.concat([old, young]));
    expect(records.map(({ value }) => String(value))).toEqual(['old', 'young']);
  });
});
