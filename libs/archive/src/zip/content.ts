import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream';
import { crc32, createInflateRaw, type InflateRaw } from 'node:zlib';
import { corrupt, mismatch } from '../errors.js';
import type { ZipEntry } from './central-directory.js';
import type { ZipFile } from './zip-file.js';

export const STORED = 0;
export const DEFLATED = 8;
/** Read, inflated and written at a time: what one entry takes of memory, however large it is. */
const CHUNK_BYTES = 256 * 1024;

/** An entry's content, held to the size and checksum that it declares: it stops at the first byte too many. */
export async function* contentOf(file: ZipFile, entry: ZipEntry, start: number): AsyncGenerator<Buffer> {
  let bytes = 0;
  let crc = 0;
  for await (const chunk of unpacked(file, entry, start)) {
    bytes += chunk.length;
    if (bytes > entry.bytes) throw sizeLies(entry, 'more');
    crc = crc32(chunk, crc);
    yield chunk;
  }
  if (bytes < entry.bytes) throw sizeLies(entry, 'less');
  if (crc !== entry.crc) throw corrupt(`the checksum of ${JSON.stringify(entry.name)} is wrong`);
}

const sizeLies = (entry: ZipEntry, which: 'more' | 'less'): Error =>
  mismatch(`${JSON.stringify(entry.name)} holds ${which} than the ${entry.bytes} bytes it declares`);

async function* unpacked(file: ZipFile, entry: ZipEntry, start: number): AsyncGenerator<Buffer> {
  if (entry.packedBytes === 0) return;
  const packed = createReadStream('', {
    fd: file.descriptor,
    autoClose: false,
    start,
    end: start + entry.packedBytes - 1,
    highWaterMark: CHUNK_BYTES,
  });
  if (entry.method === STORED) {
    yield* packed as AsyncIterable<Buffer>;
    return;
  }
  const inflate = createInflateRaw({ chunkSize: CHUNK_BYTES });
  // The error comes out of the loop over `inflate`; here it would come a second time.
  pipeline(packed, inflate, () => undefined);
  yield* inflated(inflate, entry);
}

async function* inflated(inflate: InflateRaw, entry: ZipEntry): AsyncGenerator<Buffer> {
  try {
    yield* inflate as AsyncIterable<Buffer>;
  } catch (cause) {
    if (!String(Reflect.get(Object(cause), 'code')).startsWith('Z_')) throw cause;
    throw corrupt(`${JSON.stringify(entry.name)} does not inflate`, cause);
  }
  if (inflate.bytesWritten !== entry.packedBytes)
    throw mismatch(`${JSON.stringify(entry.name)} ends before the ${entry.packedBytes} bytes it declares`);
}
