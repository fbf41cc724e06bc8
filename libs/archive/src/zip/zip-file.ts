import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { corrupt } from '../errors.js';

/** An open archive. Reads wait for the disk: all of this runs in a worker, which has nothing else to do. */
export interface ZipFile {
  readonly descriptor: number;
  readonly size: number;
  /** Exactly these bytes; throws ArchiveError where the file does not have them. */
  read(offset: number, length: number): Buffer;
  close(): void;
}

export function openZipFile(path: string): ZipFile {
  const descriptor = openSync(path, 'r');
  const { size } = fstatSync(descriptor);
  return {
    descriptor,
    size,
    read: (offset, length) => readExactly(descriptor, offset, length, size),
    close: () => closeSync(descriptor),
  };
}

function readExactly(descriptor: number, offset: number, length: number, size: number): Buffer {
  if (offset < 0 || offset + length > size) throw corrupt('it points past its own end');
  const bytes = Buffer.alloc(length);
  for (let read = 0; read < length;) {
    const count = readSync(descriptor, bytes, read, length - read, offset + read);
    if (count === 0) throw corrupt('it became shorter while it was read');
    read += count;
  }
  return bytes;
}

/** A 64-bit number of the format; beyond 2^53 no file reaches. */
export function readUInt64(bytes: Buffer, offset: number): number {
  const value = bytes.readBigUInt64LE(offset);
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw corrupt('it names an impossible size');
  return Number(value);
}
