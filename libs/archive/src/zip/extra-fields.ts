import { crc32 } from 'node:zlib';
import { corrupt, mismatch } from '../errors.js';
import { readUInt64 } from './zip-file.js';

export type ExtraFields = ReadonlyMap<number, Buffer>;

const ZIP64 = 0x0001;
const PKWARE_UNIX = 0x000d;
const ASI_UNIX = 0x756e;
const UNICODE_PATH = 0x7075;
/** Where PKWARE's field goes on with what a link points to. */
const PKWARE_UNIX_FIXED_BYTES = 12;
const SATURATED = 0xffffffff;

export function parseExtraFields(bytes: Buffer): ExtraFields {
  const fields = new Map<number, Buffer>();
  // Fewer than four bytes at the end are padding, as alignment tools write it.
  for (let at = 0; at + 4 <= bytes.length;) {
    const end = at + 4 + bytes.readUInt16LE(at + 2);
    if (end > bytes.length) throw corrupt('an extra field is cut off');
    const id = bytes.readUInt16LE(at);
    if (fields.has(id) && id === ZIP64) throw mismatch('an entry has two zip64 fields');
    if (!fields.has(id)) fields.set(id, bytes.subarray(at + 4, end));
    at = end;
  }
  return fields;
}

/** The values in their order, those that do not fit into 32 bits from the zip64 field. */
export function widen(values: readonly number[], extra: ExtraFields): number[] {
  const field = extra.get(ZIP64);
  let at = 0;
  return values.map((value) => {
    if (value !== SATURATED) return value;
    if (field === undefined || at + 8 > field.length) throw corrupt('a zip64 field lacks a size');
    at += 8;
    return readUInt64(field, at - 8);
  });
}

/** The name in UTF-8 that Info-ZIP writes beside one in another encoding; void when it belongs to another name. */
export function unicodePath(extra: ExtraFields, rawName: Buffer): Buffer | undefined {
  const field = extra.get(UNICODE_PATH);
  if (field === undefined || field.length < 6 || field[0] !== 1) return undefined;
  return field.readUInt32LE(1) === crc32(rawName) ? field.subarray(5) : undefined;
}

/** The Unix mode of the old ASi field; zero where there is none. */
export function unixMode(extra: ExtraFields): number {
  const field = extra.get(ASI_UNIX);
  return field === undefined || field.length < 6 ? 0 : field.readUInt16LE(4);
}

/** PKWARE's field names the target of a hard or symbolic link behind its fixed part. */
export const hasLinkTarget = (extra: ExtraFields): boolean =>
  (extra.get(PKWARE_UNIX)?.length ?? 0) > PKWARE_UNIX_FIXED_BYTES;
