import { deflateRawSync } from 'node:zlib';
import { type ArchiveCase, OTHER, refuses, unpacks } from './archive-case.js';
import {
  DEFLATED,
  type EntrySpec,
  extraField,
  type HeaderFields,
  numbers,
  UTF8_FLAG,
  writeZip,
  zip,
} from './zip-writer.js';

const corrupt = (says: RegExp) => refuses('ARCHIVE_CORRUPT', says);
const mismatch = (says: RegExp) => refuses('ARCHIVE_MISMATCH', says);
const several = refuses('ARCHIVE_UNSUPPORTED', /one part of several/);
const a: EntrySpec = { name: 'a', content: 'xyz' };
const packed: EntrySpec = { name: 'a', content: 'xyz'.repeat(50), method: DEFLATED };
const aTree = { a: 'xyz' };

/** A few archives with every part that the format has, cut off where each part begins. */
const whole = {
  plain: writeZip(
    [a, packed].map((entry, n) => ({ ...entry, name: `f${n}` })),
    { comment: Buffer.from('hello') },
  ),
  'with descriptors': writeZip([
    { ...packed, descriptor: 'signed' },
    { ...OTHER, descriptor: 'wide' },
  ]),
  zip64: writeZip([{ ...packed, wide: true }, OTHER], { zip64: {} }),
};
const cuts: ArchiveCase[] = Object.entries(whole).flatMap(([what, { bytes, boundaries }]) =>
  boundaries.flatMap(({ what: part, offset }) => [
    corrupt(/cannot be read/)(`${what}, cut off at its ${part}`, () => bytes.subarray(0, offset)),
    corrupt(/cannot be read/)(`${what}, cut off within its ${part}`, () => bytes.subarray(0, offset + 3)),
  ]),
);

/** One header says something else than the other. */
const lies: Readonly<Record<string, Partial<HeaderFields>>> = {
  name: { name: 'b' },
  'length of the name': { name: 'longer' },
  'case of the name': { name: 'A' },
  'climbing name': { name: '../evil' },
  checksum: { crc: 1 },
  'packed size': { packedBytes: 2 },
  'unpacked size': { bytes: 2 },
  compression: { method: DEFLATED },
  'UTF-8 flag': { flags: UTF8_FLAG },
  'encryption flag': { flags: 1 },
  'descriptor flag': { flags: 8 },
  signature: { signature: 0x04034b51 },
};
const contradictions: ArchiveCase[] = Object.entries(lies).map(([what, local]) =>
  mismatch(/differs between|not where its directory says|overlaps/)(`a local header with another ${what}`, [
    { ...a, local },
  ]),
);

const otherZip = zip([{ name: 'evil', content: 'evil' }]);
const foreign: ArchiveCase[] = [
  mismatch(/bytes that belong to no entry/)('garbage before', [a], {
    prefix: Buffer.from('#!/bin/sh\n'),
    end: { directoryOffset: 77 },
  }),
  mismatch(/before its first entry/)('garbage before, with true offsets', [a], {
    prefix: Buffer.from('#!/bin/sh\n'),
  }),
  mismatch(/before its first entry/)('an archive before the archive', [a], { prefix: otherZip }),
  corrupt(/bytes follow its end/)('garbage behind', [a], { suffix: Buffer.from('garbage') }),
  corrupt(/bytes follow its end/)('a zero behind', [a], { suffix: Buffer.alloc(1) }),
  mismatch(/bytes that belong to no entry|directory|first entry/)('an archive behind the archive', () =>
    Buffer.concat([zip([a, OTHER]), otherZip]),
  ),
  mismatch(/two end records/)('an archive in the comment', [a], { comment: otherZip }),
  unpacks('a comment', aTree, [a], { comment: Buffer.from('made by hand') }),
  unpacks('the longest comment', aTree, [a], { comment: Buffer.alloc(65_535, 'x') }),
  unpacks('comments of entries', aTree, [{ ...a, comment: Buffer.from('one') }]),
  corrupt(/cut off|follow/)('a comment shorter than it says', [a], { end: { commentBytes: 7 } }),
  corrupt(/follow/)('a comment longer than it says', [a], {
    comment: Buffer.from('hello'),
    end: { commentBytes: 2 },
  }),
  mismatch(/follow/)('bytes between two entries', [{ ...a, gap: Buffer.from('hidden') }]),
  mismatch(/follow/)('an entry that the directory leaves out', [{ ...a, gap: otherZip.subarray(0, 38) }]),
  mismatch(/follow/)('bytes before the directory', [a], { beforeDirectory: Buffer.from('hidden') }),
  mismatch(/belong to no entry/)('bytes behind the directory', [a], {
    afterDirectory: Buffer.from('hidden'),
  }),
];

const directory: ArchiveCase[] = [
  mismatch(/more than the entries it counts/)('a directory of more entries than it counts', [a], {
    end: { entries: 1, entriesOnDisk: 1 },
  }),
  mismatch(/fewer entries than it counts/)('a directory of fewer entries than it counts', [a], {
    end: { entries: 3, entriesOnDisk: 3 },
  }),
  several('more entries than on this disk', [a], { end: { entriesOnDisk: 1 } }),
  several('the second of two disks', [a], { end: { disk: 1 } }),
  several('a directory on another disk', [a], { end: { directoryDisk: 1 } }),
  several('an entry on another disk', [{ ...a, central: { disk: 1 } }]),
  corrupt(/cut off/)('a directory larger than it is', [a], { end: { directoryBytes: 200 } }),
  mismatch(/belong to no entry/)('a directory smaller than it is', [a], { end: { directoryBytes: 47 } }),
  corrupt(/cut off/)('a directory behind the end', [a], { end: { directoryOffset: 1_000_000 } }),
  mismatch(/belong to no entry/)('a directory at the beginning', [a], { end: { directoryOffset: 0 } }),
  corrupt(/entry of its directory is broken/)('a directory entry with another signature', [
    { ...a, central: { signature: 1 } },
  ]),
  corrupt(/extra field is cut off/)('an extra field that is cut off', [
    { ...a, extra: numbers([2, 9], [2, 400]) },
  ]),
  corrupt(/extra field is cut off/)('a local extra field that is cut off', [
    { ...a, local: { extra: numbers([2, 9], [2, 9]) } },
  ]),
  unpacks('an unknown extra field', aTree, [{ ...a, extra: extraField(0x9999, Buffer.alloc(9)) }]),
  unpacks('extra fields of one header only', aTree, [
    { ...a, local: { extra: extraField(0x5455, Buffer.alloc(9)) } },
  ]),
  mismatch(/before its first/)('an entry whose header lies in the directory', [
    { ...a, central: { offset: 80 } },
  ]),
  mismatch(/overlaps|before its first/)('an entry behind the end', [
    { ...a, central: { offset: 1_000_000 } },
  ]),
  mismatch(/before its first|not where/)('an entry at an offset within its header', [
    { ...a, central: { offset: 5 } },
  ]),
];

const WRONG = numbers([4, 0x08074b50], [4, 1], [4, 3], [4, 3]);
const descriptors: ArchiveCase[] = [
  ...(['plain', 'signed', 'wide', 'wide signed'] as const).flatMap((descriptor) => [
    unpacks(`a ${descriptor} descriptor`, aTree, [{ ...a, descriptor }]),
    unpacks(`a ${descriptor} descriptor behind packed content`, { a: 'xyz'.repeat(50) }, [
      { ...packed, descriptor },
    ]),
  ]),
  mismatch(/checksum/)('a descriptor with another checksum', [{ ...a, descriptor: WRONG }]),
  mismatch(/size/)('a descriptor with another size', [
    { ...a, crc: 1, descriptor: numbers([4, 0x08074b50], [4, 1], [4, 3], [4, 4]) },
  ]),
  mismatch(/no descriptor/)('a descriptor that is not there', [{ ...a, descriptor: Buffer.alloc(0) }]),
  mismatch(/no descriptor/)('a descriptor of an odd length', [{ ...a, descriptor: Buffer.alloc(13) }]),
  mismatch(/descriptor/)('a descriptor with another signature', [{ ...a, descriptor: Buffer.alloc(16) }]),
];

const contents: ArchiveCase[] = [
  corrupt(/checksum/)('a wrong checksum', [{ ...a, crc: 7 }]),
  corrupt(/checksum/)('a wrong checksum of packed content', [{ ...packed, crc: 7 }]),
  corrupt(/checksum/)('one bit turned over', [{ ...a, data: Buffer.from('xy{') }]),
  corrupt(/does not inflate/)('packed content that is none', [
    { ...packed, data: Buffer.from('\xff\xff\xff', 'latin1') },
  ]),
  corrupt(/does not inflate/)('packed content that is cut off', [
    { ...packed, data: deflateRawSync('xyz'.repeat(50)).subarray(0, 4) },
  ]),
  corrupt(/checksum|inflate/)('packed content of no bytes for a file that has some', [
    { name: 'a', method: DEFLATED, bytes: 0, crc: 5, data: Buffer.alloc(0) },
  ]),
  mismatch(/holds less/)('packed content of no bytes', [{ ...packed, data: Buffer.alloc(0) }]),
  mismatch(/ends before/)('bytes behind the end of packed content', [
    { ...packed, data: Buffer.concat([deflateRawSync('xyz'.repeat(50)), Buffer.from('hidden')]) },
  ]),
  mismatch(/holds more/)('more content than both headers declare', [{ ...packed, bytes: 10 }]),
  mismatch(/holds less/)('less content than both headers declare', [{ ...packed, bytes: 1000 }]),
  mismatch(/stored as it is/)('stored content with two sizes', [{ ...a, bytes: 5 }]),
  mismatch(/overlaps/)('a packed size that reaches into the next entry', [{ ...packed, packedBytes: 90 }]),
  unpacks('an empty file', { a: '' }, [{ name: 'a' }]),
  unpacks('an empty file, packed', { a: '' }, [{ name: 'a', method: DEFLATED }]),
  unpacks('stored content', aTree, [a]),
  unpacks('packed content', { a: 'xyz'.repeat(50) }, [packed]),
];

const ZIP64_MAX = Number.MAX_SAFE_INTEGER - 1;
const wide: EntrySpec = { ...a, wide: true };
const zip64: ArchiveCase[] = [
  unpacks('zip64 sizes', aTree, [wide]),
  unpacks('a zip64 end record', aTree, [a], { zip64: {} }),
  unpacks('zip64 throughout', aTree, [wide], { zip64: {} }),
  unpacks(
    'zip64 throughout, packed, with a descriptor',
    { a: 'xyz'.repeat(50) },
    [{ ...packed, wide: true, descriptor: 'wide signed' }],
    { zip64: {} },
  ),
  unpacks('zip64 beside true numbers of 32 bits', aTree, [a], {
    zip64: {},
    end: { entries: 2, entriesOnDisk: 2 },
  }),
  mismatch(/two end records say different/)('zip64 beside other numbers of 32 bits', [a], {
    zip64: {},
    end: { entries: 1 },
  }),
  mismatch(/fewer entries/)('a zip64 count that lies', [a], { zip64: { entries: 9, entriesOnDisk: 9 } }),
  corrupt(/impossible/)('a zip64 size beyond all', [
    { ...a, central: { bytes: 0xffffffff, extra: extraField(1, Buffer.alloc(8, 0xff)) } },
  ]),
  refuses('ARCHIVE_TOO_LARGE', /at most/)('a zip64 size of 2^53', [
    { ...packed, central: { bytes: 0xffffffff, extra: extraField(1, numbers([8, ZIP64_MAX])) } },
  ]),
  refuses('ARCHIVE_TOO_LARGE', /more than 50 entries/)('a zip64 count of 2^53', [a], {
    zip64: { entries: ZIP64_MAX, entriesOnDisk: ZIP64_MAX },
  }),
  corrupt(/lacks a size/)('a zip64 size without its field', [{ ...a, central: { bytes: 0xffffffff } }]),
  corrupt(/lacks a size/)('a zip64 field that is too short', [
    { ...a, central: { bytes: 0xffffffff, extra: extraField(1, Buffer.alloc(4)) } },
  ]),
  corrupt(/lacks a size/)('a local zip64 size without its field', [{ ...a, local: { bytes: 0xffffffff } }]),
  mismatch(/two zip64 fields/)('two zip64 fields', [
    {
      ...a,
      central: {
        bytes: 0xffffffff,
        extra: Buffer.concat([extraField(1, numbers([8, 3])), extraField(1, numbers([8, 9]))]),
      },
    },
  ]),
  mismatch(/the size/)('a local zip64 field with another size', [
    {
      ...a,
      local: { bytes: 0xffffffff, packedBytes: 0xffffffff, extra: extraField(1, numbers([8, 4], [8, 3])) },
    },
  ]),
  mismatch(/another size than it says/)('a zip64 end record of another size', [a], {
    zip64: { recordBytes: 99 },
  }),
  corrupt(/no zip64 end record/)('a zip64 locator to nothing', [a], { zip64: { recordOffset: 0 } }),
  corrupt(/zip64 end record is cut off/)('a zip64 locator past the end', [a], {
    zip64: { recordOffset: 1_000_000 },
  }),
  corrupt(/no zip64 end record/)('a zip64 end record with another signature', [a], {
    zip64: { signature: 1 },
  }),
  several('a zip64 archive on two disks', [a], { zip64: { disks: 2 } }),
  several('a zip64 end record on another disk', [a], { zip64: { locatorDisk: 1 } }),
  several('zip64 entries on another disk', [a], { zip64: { entriesOnDisk: 1 } }),
];

export const structure: readonly ArchiveCase[] = [
  corrupt(/no zip, or one cut off/)('no zip at all', () =>
    Buffer.from('hello, this is a text and not a zip'),
  ),
  corrupt(/no zip/)('an empty file for an archive', () => Buffer.alloc(0)),
  corrupt(/no zip/)('a gzip', () => Buffer.from('1f8b0800000000000003', 'hex')),
  refuses('ARCHIVE_EMPTY', /no file/)('an archive of nothing', () => zip([])),
  refuses('ARCHIVE_EMPTY', /no file/)('an archive of nothing, in zip64', () => zip([], { zip64: {} })),
  refuses('ARCHIVE_EMPTY', /no file/)('directories only', () => zip([{ name: 'a/' }, { name: 'a/b/' }])),
  refuses('ARCHIVE_EMPTY', /no file/)('clutter only', () => zip([{ name: '.DS_Store', content: 'x' }])),
  ...cuts,
  ...contradictions,
  ...foreign,
  ...directory,
  ...descriptors,
  ...contents,
  ...zip64,
];
