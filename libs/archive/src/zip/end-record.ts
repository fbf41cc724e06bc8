import { ArchiveError, corrupt, mismatch } from '../errors.js';
import { readUInt64, type ZipFile } from './zip-file.js';

const END = { signature: 0x06054b50, bytes: 22 };
const LOCATOR = { signature: 0x07064b50, bytes: 20 };
const WIDE_END = { signature: 0x06064b50, bytes: 56 };
/** Of a wide end record, the part that its own size does not count. */
const WIDE_END_PREFIX = 12;
const MAX_COMMENT_BYTES = 0xffff;

/** Where the central directory lies. */
export interface DirectoryPlace {
  readonly entries: number;
  readonly offset: number;
  readonly bytes: number;
}

interface EndRecord extends DirectoryPlace {
  readonly disk: number;
  readonly directoryDisk: number;
  readonly entriesOnDisk: number;
}

/**
 * Finds the central directory by the record at the end, and zip64's where there is one. Nothing may stand between them
 * or after: readers that look for them in other ways would find another archive in the same file.
 */
export function findDirectory(file: ZipFile): DirectoryPlace {
  const tailOffset = Math.max(0, file.size - MAX_COMMENT_BYTES - END.bytes);
  const tail = file.read(tailOffset, file.size - tailOffset);
  const at = endRecordIn(tail);
  const end = parseEnd(tail.subarray(at));
  const locator = locatorBefore(file, tailOffset + at);
  const found = locator === undefined ? end : widened(file, end, locator);
  const directoryEnd = locator?.recordOffset ?? tailOffset + at;
  checkOneDisk(found);
  if (found.offset + found.bytes > directoryEnd) throw corrupt('its directory is cut off');
  if (found.offset + found.bytes < directoryEnd)
    throw mismatch('it holds bytes that belong to no entry, before it or behind its directory');
  return found;
}

/** The one record whose comment ends where the file ends. Two of them would be two archives in one. */
function endRecordIn(tail: Buffer): number {
  let seen = 0;
  const fitting: number[] = [];
  for (let at = tail.length - END.bytes; at >= 0; at -= 1) {
    if (tail.readUInt32LE(at) !== END.signature) continue;
    seen += 1;
    if (at + END.bytes + tail.readUInt16LE(at + 20) === tail.length) fitting.push(at);
  }
  const [first, second] = fitting;
  if (second !== undefined) throw mismatch('it has two end records');
  if (first !== undefined) return first;
  throw corrupt(
    seen > 0 ? 'bytes follow its end, or its comment is cut off' : 'it has no end: no zip, or one cut off',
  );
}

function parseEnd(record: Buffer): EndRecord {
  return {
    disk: record.readUInt16LE(4),
    directoryDisk: record.readUInt16LE(6),
    entriesOnDisk: record.readUInt16LE(8),
    entries: record.readUInt16LE(10),
    bytes: record.readUInt32LE(12),
    offset: record.readUInt32LE(16),
  };
}

interface Locator {
  readonly offset: number;
  readonly recordOffset: number;
}

function locatorBefore(file: ZipFile, endOffset: number): Locator | undefined {
  const offset = endOffset - LOCATOR.bytes;
  if (offset < 0) return undefined;
  const bytes = file.read(offset, LOCATOR.bytes);
  if (bytes.readUInt32LE(0) !== LOCATOR.signature) return undefined;
  if (bytes.readUInt32LE(4) !== 0 || bytes.readUInt32LE(16) > 1) throw severalDisks();
  return { offset, recordOffset: readUInt64(bytes, 8) };
}

function widened(file: ZipFile, narrow: EndRecord, { offset, recordOffset }: Locator): EndRecord {
  if (recordOffset + WIDE_END.bytes > offset) throw corrupt('its zip64 end record is cut off');
  const record = file.read(recordOffset, WIDE_END.bytes);
  if (record.readUInt32LE(0) !== WIDE_END.signature)
    throw corrupt('it has no zip64 end record where it says');
  if (recordOffset + WIDE_END_PREFIX + readUInt64(record, 4) !== offset)
    throw mismatch('its zip64 end record has another size than it says');
  const wide: EndRecord = {
    disk: record.readUInt32LE(16),
    directoryDisk: record.readUInt32LE(20),
    entriesOnDisk: readUInt64(record, 24),
    entries: readUInt64(record, 32),
    bytes: readUInt64(record, 40),
    offset: readUInt64(record, 48),
  };
  for (const field of Object.keys(wide) as (keyof EndRecord)[]) {
    const saturated = field === 'bytes' || field === 'offset' ? 0xffffffff : 0xffff;
    if (narrow[field] !== saturated && narrow[field] !== wide[field])
      throw mismatch('its two end records say different things');
  }
  return wide;
}

const severalDisks = (): ArchiveError =>
  new ArchiveError('ARCHIVE_UNSUPPORTED', 'the archive is one part of several');

function checkOneDisk(end: EndRecord): void {
  if (end.disk !== 0 || end.directoryDisk !== 0 || end.entriesOnDisk !== end.entries) throw severalDisks();
}
