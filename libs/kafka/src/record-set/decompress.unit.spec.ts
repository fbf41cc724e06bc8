import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codecNumber, codecs, compress } from '#libs/testing';
import { decompress } from './decompress.js';
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
      { numRuns: 60 },
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
    await fc.assert(fc.asyncProperty(fc.oneof(cut, changed, random), readOrRefused), { numRuns: 400 });
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
    ['more behind the end', `${HEADER}000000000001`, '1 bytes follow'],
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
