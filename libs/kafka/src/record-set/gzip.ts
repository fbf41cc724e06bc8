import zlib from 'node:zlib';
import { ByteReader } from './byte-reader.js';
import { type Frame, readFrames, readOneFrame } from './frames.js';
import { UnreadableError } from './unreadable.js';

const MAGIC = 0x8b1f;
const DEFLATE = 8;
const FLAGS = { headerChecksum: 0x02, extra: 0x04, name: 0x08, comment: 0x10 } as const;
const TIME_AND_SYSTEM_BYTES = 6;
const TRAILER_BYTES = 8;
/** Java does not look at less: a header has 10 bytes and a trailer 8. */
const LONGEST_IGNORED_BYTES = 18;

/**
 * Members one after another (RFC 1952). As Java's GZIPInputStream does, it ignores what follows the last member and does
 * not begin as a member does.
 */
export const gunzip = (bytes: Buffer, limit: number): Promise<Buffer> =>
  readFrames(bytes, limit, async (rest, left, isFirst) => {
    if (!isFirst && (rest.length <= LONGEST_IGNORED_BYTES || !beginsMember(rest))) return undefined;
    return readMember(rest, left);
  });

async function readMember(bytes: Buffer, limit: number): Promise<Frame> {
  const reader = new ByteReader(bytes);
  readHeader(reader, bytes);
  const { output, taken } = await readOneFrame(
    zlib.inflateRaw,
    bytes.subarray(bytes.length - reader.left),
    limit,
  );
  reader.take(taken);
  const trailer = reader.take(TRAILER_BYTES);
  if (!isChecksum(trailer.readUInt32LE(), output) || trailer.readUInt32LE(4) !== output.length)
    throw new UnreadableError('the trailer of a member does not agree with what comes out');
  return { output, taken: bytes.length - reader.left };
}

function beginsMember(bytes: Buffer): boolean {
  try {
    readHeader(new ByteReader(bytes), bytes);
    return true;
  } catch (error) {
    if (error instanceof UnreadableError) return false;
    throw error;
  }
}

function readHeader(reader: ByteReader, bytes: Buffer): void {
  if (reader.take(2).readUInt16LE() !== MAGIC || reader.byte() !== DEFLATE)
    throw new UnreadableError('this is no gzip member');
  const flags = reader.byte();
  reader.take(TIME_AND_SYSTEM_BYTES);
  if ((flags & FLAGS.extra) !== 0) reader.take(reader.take(2).readUInt16LE());
  if ((flags & FLAGS.name) !== 0) skipText(reader);
  if ((flags & FLAGS.comment) !== 0) skipText(reader);
  if ((flags & FLAGS.headerChecksum) === 0) return;
  const header = bytes.subarray(0, bytes.length - reader.left);
  if (!isChecksum(reader.take(2).readUInt16LE(), header, 0xffff))
    throw new UnreadableError('the checksum of a gzip header is wrong');
}

function skipText(reader: ByteReader): void {
  let byte = reader.byte();
  while (byte !== 0) byte = reader.byte();
}

/** Node.js has the checksum from 22.2 on; the command also runs before, and the batch has a checksum of its own. */
const isChecksum = (given: number, bytes: Buffer, mask = 0xffffffff): boolean =>
  !('crc32' in zlib) || (zlib.crc32(bytes) & mask) >>> 0 === given;
