import { mismatch } from '../errors.js';
import type { ZipEntry } from './central-directory.js';
import { decodeName } from './decode-name.js';
import { type ExtraFields, parseExtraFields, widen } from './extra-fields.js';
import { readUInt64, type ZipFile } from './zip-file.js';

const HEADER = { signature: 0x04034b50, bytes: 30 };
const DESCRIPTOR_SIGNATURE = 0x08074b50;
const DESCRIPTOR_FLAG = 0x0008;
/** Encryption, descriptor, patch data, strong encryption, UTF-8, masked: what changes how content or name is read. */
const MEANINGFUL_FLAGS = 0x2869;

/**
 * Where each entry's content begins. Every byte before the directory must belong to exactly one entry, and every local
 * header must say what the directory says: no overlapping bombs, nothing that only another reader would see.
 */
export function layOut(
  file: ZipFile,
  entries: readonly ZipEntry[],
  directoryOffset: number,
): Map<ZipEntry, number> {
  const inOrder = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  if ((inOrder[0]?.headerOffset ?? directoryOffset) !== 0)
    throw mismatch('it holds bytes before its first entry');
  return new Map(
    inOrder.map((entry, index) => [
      entry,
      contentOffset(file, entry, inOrder[index + 1]?.headerOffset ?? directoryOffset),
    ]),
  );
}

function contentOffset(file: ZipFile, entry: ZipEntry, limit: number): number {
  const overlapping = mismatch(`${JSON.stringify(entry.name)} overlaps what follows it`);
  if (entry.headerOffset + HEADER.bytes > limit) throw overlapping;
  const header = file.read(entry.headerOffset, HEADER.bytes);
  if (header.readUInt32LE(0) !== HEADER.signature)
    throw mismatch(`${JSON.stringify(entry.name)} is not where its directory says`);
  const nameBytes = header.readUInt16LE(26);
  const start = entry.headerOffset + HEADER.bytes + nameBytes + header.readUInt16LE(28);
  const end = start + entry.packedBytes;
  if (end > limit) throw overlapping;
  const variable = file.read(entry.headerOffset + HEADER.bytes, start - entry.headerOffset - HEADER.bytes);
  const extra = parseExtraFields(variable.subarray(nameBytes));
  checkName(entry, variable.subarray(0, nameBytes), header.readUInt16LE(6), extra);
  checkFields(entry, header, extra);
  checkRest(file, entry, end, limit);
  return start;
}

const differs = (entry: ZipEntry, what: string): Error =>
  mismatch(`${what} of ${JSON.stringify(entry.name)} differs between its directory and its header`);

function checkName(entry: ZipEntry, rawName: Buffer, flags: number, extra: ExtraFields): void {
  if (!rawName.equals(entry.rawName)) throw differs(entry, 'the name');
  if ((flags & MEANINGFUL_FLAGS) !== (entry.flags & MEANINGFUL_FLAGS)) throw differs(entry, 'a flag');
  if (decodeName(rawName, flags, extra).name !== entry.name) throw differs(entry, 'the name');
}

function checkFields(entry: ZipEntry, header: Buffer, extra: ExtraFields): void {
  if (header.readUInt16LE(8) !== entry.method) throw differs(entry, 'the compression');
  // With a descriptor behind the content, the header may leave these open.
  const open = (entry.flags & DESCRIPTOR_FLAG) !== 0;
  const agrees = (local: number, central: number): boolean => local === central || (open && local === 0);
  const [bytes = 0, packedBytes = 0] = widen([header.readUInt32LE(22), header.readUInt32LE(18)], extra);
  if (!agrees(bytes, entry.bytes) || !agrees(packedBytes, entry.packedBytes))
    throw differs(entry, 'the size');
  if (!agrees(header.readUInt32LE(14), entry.crc)) throw differs(entry, 'the checksum');
}

/** Between an entry's content and the next entry there is its descriptor, or nothing. */
function checkRest(file: ZipFile, entry: ZipEntry, end: number, limit: number): void {
  const bytes = limit - end;
  if ((entry.flags & DESCRIPTOR_FLAG) === 0) {
    if (bytes !== 0) throw mismatch(`bytes that belong to no entry follow ${JSON.stringify(entry.name)}`);
    return;
  }
  // Checksum and two sizes of 4 or 8 bytes, with or without a signature.
  if (![12, 16, 20, 24].includes(bytes))
    throw mismatch(`${JSON.stringify(entry.name)} has no descriptor of its sizes behind it`);
  const descriptor = file.read(end, bytes);
  const signed = bytes % 8 === 0;
  if (signed && descriptor.readUInt32LE(0) !== DESCRIPTOR_SIGNATURE) throw differs(entry, 'the descriptor');
  checkDescriptor(entry, descriptor.subarray(signed ? 4 : 0));
}

function checkDescriptor(entry: ZipEntry, fields: Buffer): void {
  const wide = fields.length === 20;
  const sizes = wide
    ? [readUInt64(fields, 4), readUInt64(fields, 12)]
    : [fields.readUInt32LE(4), fields.readUInt32LE(8)];
  if (fields.readUInt32LE(0) !== entry.crc) throw differs(entry, 'the checksum');
  if (sizes[0] !== entry.packedBytes || sizes[1] !== entry.bytes) throw differs(entry, 'the size');
}
