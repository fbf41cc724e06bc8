import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecNumber, codecs, compress } from '#libs/testing';
import { decompress } from './decompress.js';
import { readFrames } from './frames.js';
import { MOST_FRAMES } from './limits.js';
import { UnreadableError } from './unreadable.js';

const LIMIT = 1_000_000;
const compressed = codecs.filter((codec) => codec !== 'none');
const of = (text: string): Buffer => Buffer.from(text, 'hex');

describe.each(compressed)('%s', (codec) => {
  const undone = (bytes: Buffer, limit = LIMIT) => decompress(codecNumber(codec), bytes, limit);

  it('gives back what another implementation compressed', async () => {
    const repetitive = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 400 }))
      .map(([bytes, times]) => Buffer.concat(Array<Uint8Array>(times).fill(bytes)));
    const anything = fc.oneof(fc.uint8Array({ maxLength: 2_000 }).map(Buffer.from), repetitive);
    await fc.assert(
      fc.asyncProperty(anything, async (bytes) => {
        expect((await undone(compress(codec, bytes))).equals(bytes)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('refuses what is larger than its limit once it is decompressed, and takes what is just as large', async () => {
    const bomb = compress(codec, Buffer.alloc(LIMIT));
    expect(bomb.length).toBeLessThan(LIMIT / 10);
    expect(await undone(bomb, LIMIT)).toHaveLength(LIMIT);
    await expect(undone(bomb, LIMIT - 1)).rejects.toThrow(UnreadableError);
  });

  it('of what is cut off, changed or random, throws one kind of error and ends', async () => {
    const whole = compress(
      codec,
      Buffer.from('a request of some length, a request of some length'.repeat(20)),
    );
    const cut = fc.nat({ max: whole.length - 1 }).map((length) => whole.subarray(0, length));
    const changed = fc.tuple(fc.nat({ max: whole.length - 1 }), fc.nat({ max: 255 })).map(([at, byte]) => {
      const bytes = Buffer.from(whole);
      bytes[at] = byte;
      return bytes;
    });
    const random = fc.uint8Array({ maxLength: 200 }).map(Buffer.from);
    const readOrRefused = async (bytes: Buffer): Promise<void> => {
      const outcome = await undone(bytes).catch((error: unknown) => error);
      if (!Buffer.isBuffer(outcome)) expect(outcome).toBeInstanceOf(UnreadableError);
    };
    await fc.assert(fc.asyncProperty(fc.oneof(cut, changed, random), readOrRefused), { numRuns: 200 });
  });
});

it.each([5, 6, 7])('a codec that Kafka does not have is refused: %i', async (number) => {
  await expect(decompress(number, Buffer.from('x'), LIMIT)).rejects.toThrow(`codec ${number} is not known`);
});

describe('hostile snappy', () => {
  const undone = (hex: string) => decompress(2, of(hex), LIMIT);

  it.each([
    ['a length of 4 GiB allocates nothing', 'ffffffff0f0041', 'has 1'],
    ['a literal of almost 4 GiB, which snappyjs reads for ever', '0afcfaffffff0000000000000000', 'announced'],
    ['a literal longer than the block', '05f0ff00', 'announced'],
    ['a copy from before the beginning', '0501fe', 'before it'],
    ['a copy from nowhere', '050041020000', 'bytes back'],
    ['less than it announces', '05000a', 'of 5 bytes has 1'],
    ['a length without an end', 'ffffffffffff', 'variable-length'],
    ['a xerial block that is longer than all', '82534e41505059000000000100000001000000ff00', 'announced'],
    ['a xerial block of a negative length', '82534e41505059000000000100000001ffffffff00', 'a length is -1'],
  ])('%s', async (_, hex, reason) => {
    await expect(undone(hex)).rejects.toThrow(reason);
  });

  it('a xerial block does not refer to the one before', async () => {
    const first = '0100aa';
    const second = '010101';
    const framed = `82534e41505059000000000100000001${'00000003'}${first}${'00000003'}${second}`;
    await expect(undone(framed)).rejects.toThrow('before it');
  });
});

describe('hostile lz4', () => {
  const HEADER = '04224d186040';
  const undone = (hex: string) => decompress(3, of(hex), LIMIT);

  it.each([
    ['no frame', '00000000', 'no lz4 frame'],
    ['another version', '04224d18204000', 'version 0'],
    ['a dictionary', '04224d186140000000000000', 'dictionary'],
    ['a block that is longer than all', `${HEADER}00ffffff7f00`, 'announced'],
    ['no end', `${HEADER}0001000080aa`, 'announced'],
    ['a match from nowhere', `${HEADER}000400000010aa0000`, 'bytes back'],
    ['a match from before the beginning', `${HEADER}000400000010aaff00`, 'bytes back'],
    ['a literal without an end', `${HEADER}0002000000f0ff`, 'announced'],
  ])('%s', async (_, hex, reason) => {
    await expect(undone(hex)).rejects.toThrow(reason);
  });

  it('a match of 4 MB in 16 kB of lengths stays below the limit', async () => {
    const lengths = Buffer.alloc(16_400, 0xff);
    const block = Buffer.concat([of('1faa0100'), lengths, of('00')]);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    const frame = Buffer.concat([of(`${HEADER}00`), size, block, Buffer.alloc(4)]);
    await expect(decompress(3, frame, LIMIT)).rejects.toThrow(`more than ${LIMIT} bytes`);
    expect(await decompress(3, frame, 5_000_000)).toHaveLength(1 + 15 + 16_400 * 255 + 4);
  });

  it('takes blocks that are not compressed, checksums, and a size that lies', async () => {
    const flags = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04 };
    const all = 0x40 | flags.blockChecksum | flags.contentSize | flags.contentChecksum;
    const frame = `04224d18${all.toString(16)}40${'ff'.repeat(8)}00${'02000080'}6869${'00000000'}${'00000000'}${'00000000'}`;
    expect(String(await undone(frame))).toBe('hi');
  });
});

const joined = fc.array(fc.uint8Array({ maxLength: 500 }).map(Buffer.from), { minLength: 1, maxLength: 6 });

describe.each([
  ['gzip', 'members'],
  ['zstd', 'frames'],
  ['xerial', 'framings'],
] as const)('a %s message of several %s goes to the dead letters: Kafka takes it', (codec, _) => {
  const undone = (bytes: Buffer, limit: number) => decompress(codecNumber(codec), bytes, limit);
  const all = (parts: readonly Buffer[]) => Buffer.concat(parts.map((part) => compress(codec, part)));

  it('what comes out is what went in, in its order', async () => {
    await fc.assert(
      fc.asyncProperty(joined, async (parts) => {
        const expected = Buffer.concat(parts);
        expect((await undone(all(parts), LIMIT)).equals(expected)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('the limit holds for all of them together', async () => {
    await fc.assert(
      fc.asyncProperty(joined, async (parts) => {
        const { length } = Buffer.concat(parts);
        expect(await undone(all(parts), length)).toHaveLength(length);
        if (length > 0) await expect(undone(all(parts), length - 1)).rejects.toThrow(UnreadableError);
      }),
      { numRuns: 30 },
    );
  });
});

describe('many small frames', () => {
  it.each(['gzip', 'zstd'] as const)('of %s end at a number, for each takes a decoder', async (codec) => {
    const frames = Buffer.concat(Array<Buffer>(MOST_FRAMES + 1).fill(compress(codec, of('aa'))));
    await expect(decompress(codecNumber(codec), frames, LIMIT)).rejects.toThrow(
      `more than ${MOST_FRAMES} frames`,
    );
  });

  it('up to that number are read', async () => {
    const readByte = (rest: Buffer) => Promise.resolve({ output: rest.subarray(0, 1), taken: 1 });
    const frames = Buffer.alloc(MOST_FRAMES, 1);
    expect(await readFrames(frames, LIMIT, readByte)).toEqual(frames);
  });
});

describe('frames of zstd that are to be skipped', () => {
  it('are skipped wherever they stand', async () => {
    const skipped = fc.tuple(fc.nat({ max: 15 }), fc.uint8Array({ maxLength: 40 })).map(([kind, bytes]) => {
      const header = Buffer.alloc(8);
      header.writeUInt32LE(0x184d2a50 + kind);
      header.writeUInt32LE(bytes.length, 4);
      return { frame: Buffer.concat([header, bytes]), output: Buffer.alloc(0) };
    });
    const kept = fc
      .uint8Array({ maxLength: 200 })
      .map(Buffer.from)
      .map((output) => ({ frame: compress('zstd', output), output }));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(skipped, kept), { minLength: 1, maxLength: 6 }), async (frames) => {
        const bytes = Buffer.concat(frames.map(({ frame }) => frame));
        const expected = Buffer.concat(frames.map(({ output }) => output));
        expect((await decompress(4, bytes, LIMIT)).equals(expected)).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  it('and what is no frame behind the last one is refused, as Kafka refuses it', async () => {
    const surplus = Buffer.concat([compress('zstd', of('aa')), of('0000000000')]);
    await expect(decompress(4, surplus, LIMIT)).rejects.toThrow(UnreadableError);
  });
});

describe('surplus bytes behind the end, which the readers of Kafka ignore', () => {
  const text = Buffer.from('a request');
  const member = compress('gzip', text);
  const undone = (...parts: readonly Buffer[]) => decompress(1, Buffer.concat(parts), LIMIT);

  it.each([
    ['zeros', '00'.repeat(40)],
    ['anything', 'ff'.repeat(40)],
    ['one byte', '01'],
    ['the beginning of a member', '1f8b0800000000000003'],
    ['a member of another method', `1f8b07${'00'.repeat(40)}`],
    ['a header with a wrong checksum', `1f8b0802${'00'.repeat(6)}1234${'00'.repeat(20)}`],
    ['a name without an end', `1f8b0808${'00'.repeat(6)}${'61'.repeat(20)}`],
  ])('gzip: %s', async (_, hex) => {
    expect(await undone(member, of(hex))).toEqual(text);
    expect(await undone(member, member, of(hex))).toEqual(Buffer.concat([text, text]));
  });

  it('lz4: another frame, too', async () => {
    const frame = compress('lz4', text);
    expect(await decompress(3, Buffer.concat([frame, of('01')]), LIMIT)).toEqual(text);
    expect(await decompress(3, Buffer.concat([frame, frame]), LIMIT)).toEqual(text);
  });

  it('xerial: what is too short for the size of a block', async () => {
    expect(await decompress(2, Buffer.concat([compress('xerial', text), of('ffffff')]), LIMIT)).toEqual(text);
  });
});

describe('gzip members', () => {
  const body = compress('gzip', of('aabb')).subarray(10);
  const member = (flags: number, fields: Buffer) =>
    Buffer.concat([Buffer.from([0x1f, 0x8b, 8, flags, 0, 0, 0, 0, 0, 3]), fields, body]);
  const undone = (bytes: Buffer) => decompress(1, bytes, LIMIT);

  it('may have every field of their header', async () => {
    const fields = Buffer.concat([of('0300616263'), Buffer.from('name\0comment\0')]);
    expect(await undone(member(0x1c, fields))).toEqual(of('aabb'));
    const header = member(0x1e, fields).subarray(0, 10 + fields.length);
    const checksum = Buffer.alloc(2);
    checksum.writeUInt16LE(crc32(header) & 0xffff);
    expect(await undone(member(0x1e, Buffer.concat([fields, checksum])))).toEqual(of('aabb'));
    checksum[0] = Number(checksum[0]) ^ 1;
    await expect(undone(member(0x1e, Buffer.concat([fields, checksum])))).rejects.toThrow('checksum');
  });

  it.each([
    [
      'a second member that is cut off',
      () => Buffer.concat([member(0, of('')), member(0, of('')).subarray(0, -1)]),
    ],
    ['a wrong checksum', () => changed(member(0, of('')), -8)],
    ['a wrong size', () => changed(member(0, of('')), -1)],
  ])('are refused: %s', async (_, bytes) => {
    await expect(undone(bytes())).rejects.toThrow(UnreadableError);
  });

  function changed(bytes: Buffer, at: number): Buffer {
    const index = bytes.length + at;
    bytes[index] = Number(bytes[index]) ^ 1;
    return bytes;
  }
});
