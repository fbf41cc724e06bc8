import { ByteReader } from './byte-reader.js';
import { Output } from './output.js';
import { UnreadableError } from './unreadable.js';

const MAGIC = 0x184d2204;
const VERSION = 1;
const FLAGS = { blockChecksum: 0x10, contentSize: 0x08, contentChecksum: 0x04, dictionary: 0x01 } as const;
const CHECKSUM_BYTES = 4;
const CONTENT_SIZE_BYTES = 8;
const NOT_COMPRESSED = 0x80000000;
const SHORTEST_MATCH = 4;

/**
 * One frame (lz4/doc/lz4_Frame_format.md). Its own checksums are passed over: the batch has one of all its bytes, and
 * old Java clients calculate the frame's wrongly (KAFKA-3160). So is the size that the frame announces. What follows the frame is ignored,
 * as Kafka's own reader does; another frame, too.
 */
export function unlz4(bytes: Buffer, limit: number): Buffer {
  const output = new Output(limit);
  const reader = new ByteReader(bytes);
  const flags = readDescriptor(reader);
  for (;;) {
    const size = reader.take(4).readUInt32LE();
    if (size === 0) break;
    const block = reader.take(size % NOT_COMPRESSED);
    if (size >= NOT_COMPRESSED) output.append(block);
    else readBlock(new ByteReader(block), output);
    if ((flags & FLAGS.blockChecksum) !== 0) reader.take(CHECKSUM_BYTES);
  }
  if ((flags & FLAGS.contentChecksum) !== 0) reader.take(CHECKSUM_BYTES);
  return output.written();
}

/** @returns the frame's flags */
function readDescriptor(reader: ByteReader): number {
  if (reader.take(4).readUInt32LE() !== MAGIC) throw new UnreadableError('this is no lz4 frame');
  const flags = reader.byte();
  if (flags >>> 6 !== VERSION) throw new UnreadableError(`the lz4 frame is of version ${flags >>> 6}`);
  if ((flags & FLAGS.dictionary) !== 0) throw new UnreadableError('the lz4 frame wants a dictionary');
  const blockSizes = 1;
  const headerChecksum = 1;
  reader.take(blockSizes + ((flags & FLAGS.contentSize) === 0 ? 0 : CONTENT_SIZE_BYTES) + headerChecksum);
  return flags;
}

/** Literals and matches in turn (lz4/doc/lz4_Block_format.md). A match may reach into the blocks before. */
function readBlock(reader: ByteReader, output: Output): void {
  while (reader.left > 0) {
    const token = reader.byte();
    output.append(reader.take(readLength(reader, token >>> 4)));
    // The last sequence has literals only.
    if (reader.left === 0) return;
    const distance = reader.take(2).readUInt16LE();
    output.repeat(distance, readLength(reader, token & 15) + SHORTEST_MATCH);
  }
}

/** Four bits in the token; 15 means that bytes follow, up to the first below 255, which add to it. */
function readLength(reader: ByteReader, inToken: number): number {
  let length = inToken;
  if (inToken < 15) return length;
  for (;;) {
    const byte = reader.byte();
    length += byte;
    if (byte < 255) return length;
  }
}
