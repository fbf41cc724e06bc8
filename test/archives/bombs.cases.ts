import { crc32, deflateRawSync } from 'node:zlib';
import { type ArchiveCase, OTHER, refuses, unpacks } from './archive-case.js';
import { DEFLATED, type EntrySpec, zip } from './zip-writer.js';

const MIB = 1024 * 1024;
const tooLarge = (says: RegExp) => refuses('ARCHIVE_TOO_LARGE', says);
const encrypted = refuses('ARCHIVE_ENCRYPTED', /is encrypted/);
const zeros = (bytes: number): EntrySpec => ({
  name: 'zeros',
  content: Buffer.alloc(bytes),
  method: DEFLATED,
});
const many = (count: number, entry: (n: number) => EntrySpec): EntrySpec[] =>
  Array.from({ length: count }, (_, n) => entry(n));
/** As good as random, and the same in every run. */
const noise = (bytes: number): Buffer => {
  let state = 1;
  return Buffer.from(
    Uint8Array.from({ length: bytes }, () => (state = (state * 48_271) % 2_147_483_647) >>> 8),
  );
};

/** Fifield's: one packed kernel, and many directory entries that all name it. */
function overlapping(entries: number): Buffer {
  const kernel: EntrySpec = { name: 'a', content: 'x'.repeat(5000), method: DEFLATED };
  const ghosts = many(entries - 1, () => ({ ...kernel, ghost: true, central: { offset: 0 } }));
  return zip([kernel, ...ghosts.map((ghost, n) => ({ ...ghost, name: `g${n}` }))]);
}

/** Fifield's, quoted: each header is also the beginning of the content of the one before. */
function quoted(): Buffer {
  const inner = zip([{ name: 'b', content: 'x'.repeat(100) }]).subarray(0, 131);
  const outer: EntrySpec = { name: 'a', content: inner };
  const ghost: EntrySpec = { name: 'b', content: 'x'.repeat(100), ghost: true, central: { offset: 31 } };
  return zip([outer, ghost, OTHER]);
}

const nested = (depth: number): Buffer =>
  zip([
    {
      name: depth === 0 ? 'x' : 'inner.zip',
      content: depth === 0 ? 'x' : nested(depth - 1),
      method: DEFLATED,
    },
  ]);

const methods: Readonly<Record<string, number>> = {
  shrunk: 1,
  imploded: 6,
  deflate64: 9,
  bzip2: 12,
  lzma: 14,
  zstandard: 93,
  xz: 95,
  ppmd: 98,
  'of no known method': 65_535,
};

export const bombs: readonly ArchiveCase[] = [
  tooLarge(/100 times/)('a ratio of a thousand', [zeros(3 * MIB)]),
  tooLarge(/"zeros" has/)('one file over its limit', [{ ...zeros(4 * MIB + 1) }]),
  tooLarge(/"noise" has/)('one file over its limit that does not pack', [
    { name: 'noise', content: noise(4 * MIB + 1) },
  ]),
  tooLarge(/bytes unpacked/)(
    'three files over the limit of all',
    many(3, (n) => ({ name: `f${n}`, content: noise(2 * MIB + 1) })),
  ),
  tooLarge(/the archive unpacks/)(
    'many small files, each under the ratio',
    many(5, (n) => ({ ...zeros(900 * 1024), name: `z${n}` })),
  ),
  tooLarge(/more than 50 entries/)(
    'one entry too many',
    many(50, (n) => ({ name: `f${n}` })),
  ),
  tooLarge(/more than 50 entries/)(
    'directories count',
    many(50, (n) => ({ name: `d${n}/` })),
  ),
  tooLarge(/more than 50 entries/)(
    'clutter counts',
    many(50, (n) => ({ name: `__MACOSX/${n}` })),
  ),
  tooLarge(/times/)('a size that only the headers have', [
    { name: 'a', content: 'x', method: DEFLATED, bytes: 3 * MIB },
  ]),
  tooLarge(/at most/)('a size of 4 GiB less two', [
    { name: 'a', content: 'x', method: DEFLATED, bytes: 0xfffffffe },
  ]),
  refuses('ARCHIVE_MISMATCH', /holds more/)('a bomb that declares one byte', [
    { name: 'a', method: DEFLATED, data: deflateRawSync(Buffer.alloc(50 * MIB)), bytes: 1, crc: 0 },
  ]),
  refuses('ARCHIVE_MISMATCH', /holds more/)('a bomb that declares nothing', [
    { name: 'a', method: DEFLATED, data: deflateRawSync(Buffer.alloc(50 * MIB)), bytes: 0, crc: 0 },
  ]),
  refuses('ARCHIVE_MISMATCH', /overlaps/)('entries that share one content', () => overlapping(3)),
  refuses('ARCHIVE_MISMATCH', /overlaps/)('entries that quote each other', quoted),
  tooLarge(/more than 50 entries/)('a thousand entries that share one content', () => overlapping(1000)),
  refuses('ARCHIVE_NAME_CONFLICT', /twice/)('one entry named twice by the directory', () => {
    const entry: EntrySpec = { name: 'a', content: 'x' };
    return zip([entry, { ...entry, ghost: true, central: { offset: 0 } }, OTHER]);
  }),
  unpacks('a zip within a zip is a file', { 'inner.zip': nested(2).toString('latin1') }, () => nested(3)),
  unpacks('zeros below the size from which the ratio counts', { zeros: '\0'.repeat(MIB) }, () =>
    zip([zeros(MIB)]),
  ),
  unpacks(
    'as many entries as are allowed',
    Object.fromEntries(many(49, (n) => ({ name: `f${n}` })).map(({ name }) => [String(name), ''])),
    many(49, (n) => ({ name: `f${n}` })),
  ),
  unpacks('a file as large as is allowed', { noise: noise(4 * MIB).toString('latin1') }, () =>
    zip([{ name: 'noise', content: noise(4 * MIB) }]),
  ),
  encrypted('traditional encryption', [{ name: 'a', flags: 1, content: 'twelve bytes and x' }]),
  encrypted('traditional encryption, packed', [{ name: 'a', flags: 1, content: 'x', method: DEFLATED }]),
  encrypted('traditional encryption with a descriptor', [
    { name: 'a', flags: 9, content: 'x', descriptor: 'signed' },
  ]),
  encrypted('AES', [{ name: 'a', flags: 1, content: 'x', method: 99 }]),
  encrypted('AES that leaves its flag out', [{ name: 'a', content: 'x', method: 99 }]),
  encrypted('strong encryption', [{ name: 'a', flags: 0x41, content: 'x' }]),
  encrypted('a masked directory', [{ name: 'a', flags: 0x2000, content: 'x' }]),
  ...Object.entries(methods).map(([what, method]) =>
    refuses('ARCHIVE_UNSUPPORTED', /not supported/)(`content ${what}`, [
      { name: 'a', content: 'x', method, crc: crc32('x') },
    ]),
  ),
  refuses('ARCHIVE_UNSUPPORTED', /not supported/)('patch data', [{ name: 'a', content: 'x', flags: 0x20 }]),
];
