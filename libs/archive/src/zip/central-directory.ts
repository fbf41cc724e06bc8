import { ArchiveError, corrupt, mismatch, tooLarge } from '../errors.js';
import { decodeName, type DecodedName } from './decode-name.js';
import type { DirectoryPlace } from './end-record.js';
import { type ExtraFields, parseExtraFields, widen } from './extra-fields.js';
import type { ZipFile } from './zip-file.js';

const SIGNATURE = 0x02014b50;
const FIXED_BYTES = 46;
/** It is held in memory whole, so it has a bound of its own; 20,000 entries take 2 MB. */
const MAX_DIRECTORY_BYTES = 32 * 1024 * 1024;

/** What the central directory says about one entry. */
export interface ZipEntry extends DecodedName {
  readonly rawName: Buffer;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedBytes: number;
  readonly bytes: number;
  readonly headerOffset: number;
  readonly externalAttributes: number;
  readonly extra: ExtraFields;
}

export function readDirectory(file: ZipFile, place: DirectoryPlace): ZipEntry[] {
  if (place.bytes > MAX_DIRECTORY_BYTES) throw tooLarge(`a directory of ${place.bytes} bytes`);
  const bytes = file.read(place.offset, place.bytes);
  const entries: ZipEntry[] = [];
  let at = 0;
  for (let count = 0; count < place.entries; count += 1) {
    const { entry, end } = parseEntry(bytes, at);
    entries.push(entry);
    at = end;
  }
  if (at !== bytes.length) throw mismatch('its directory holds more than the entries it counts');
  return entries;
}

function parseEntry(directory: Buffer, at: number): { readonly entry: ZipEntry; readonly end: number } {
  if (at + FIXED_BYTES > directory.length) throw mismatch('its directory holds fewer entries than it counts');
  const fixed = directory.subarray(at, at + FIXED_BYTES);
  if (fixed.readUInt32LE(0) !== SIGNATURE) throw corrupt('an entry of its directory is broken');
  const nameEnd = at + FIXED_BYTES + fixed.readUInt16LE(28);
  const extraEnd = nameEnd + fixed.readUInt16LE(30);
  const end = extraEnd + fixed.readUInt16LE(32);
  if (end > directory.length) throw corrupt('an entry of its directory is cut off');
  if (fixed.readUInt16LE(34) !== 0)
    throw new ArchiveError('ARCHIVE_UNSUPPORTED', 'the archive is one part of several');
  const rawName = directory.subarray(at + FIXED_BYTES, nameEnd);
  return { entry: toEntry(fixed, rawName, parseExtraFields(directory.subarray(nameEnd, extraEnd))), end };
}

function toEntry(fixed: Buffer, rawName: Buffer, extra: ExtraFields): ZipEntry {
  const flags = fixed.readUInt16LE(8);
  const [bytes = 0, packedBytes = 0, headerOffset = 0] = widen(
    [fixed.readUInt32LE(24), fixed.readUInt32LE(20), fixed.readUInt32LE(42)],
    extra,
  );
  return {
    ...decodeName(rawName, flags, extra),
    rawName,
    flags,
    method: fixed.readUInt16LE(10),
    crc: fixed.readUInt32LE(16),
    packedBytes,
    bytes,
    headerOffset,
    externalAttributes: fixed.readUInt32LE(38),
    extra,
  };
}
