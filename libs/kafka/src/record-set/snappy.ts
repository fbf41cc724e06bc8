import { ByteReader } from './byte-reader.js';
import { Output } from './output.js';
import { UnreadableError } from './unreadable.js';

/** How the Java client and others that use snappy-java frame blocks; librdkafka sends one block alone. */
const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00]);
const XERIAL_VERSIONS_BYTES = 8;

const SIZE_BYTES = 4;

/**
 * One block, or blocks in snappy-java's framing (google/snappy's format_description.txt). As snappy-java does, it takes
 * several framings one after another, and ignores what is too short for the size of a block.
 */
export function unsnappy(bytes: Buffer, limit: number): Buffer {
  const output = new Output(limit);
  const reader = new ByteReader(bytes);
  if (!isXerial(bytes)) {
    readBlock(reader, output);
    return output.written();
  }
  while (reader.left >= SIZE_BYTES) {
    if (isXerial(bytes.subarray(-reader.left))) reader.take(XERIAL.length + XERIAL_VERSIONS_BYTES);
    else readBlock(new ByteReader(reader.take(reader.int32())), output);
  }
  return output.written();
}

const isXerial = (bytes: Buffer): boolean => bytes.subarray(0, XERIAL.length).equals(XERIAL);

/** A block says its length first: what comes out must be as long, and refers to nothing before it. */
function readBlock(reader: ByteReader, output: Output): void {
  const start = output.length;
  const announced = reader.unsignedVarint();
  while (reader.left > 0) {
    readElement(reader, output, start);
    if (output.length - start > announced) break;
  }
  if (output.length - start !== announced)
    throw new UnreadableError(`a snappy block of ${announced} bytes has ${output.length - start}`);
}

const ONE_BYTE_OFFSET = 1;
const LONGEST_SHORT_LITERAL = 60;

/** The tag's lower two bits say what follows: 0 a literal, otherwise a copy with an offset of 1, 2 or 4 bytes. */
function readElement(reader: ByteReader, output: Output, start: number): void {
  const tag = reader.byte();
  const kind = tag & 3;
  const upper = tag >>> 2;
  if (kind === 0) {
    const size = upper < LONGEST_SHORT_LITERAL ? upper : reader.take(upper - 59).readUIntLE(0, upper - 59);
    output.append(reader.take(size + 1));
    return;
  }
  const isShort = kind === ONE_BYTE_OFFSET;
  const offsetBytes = isShort ? 1 : 2 * (kind - 1);
  const low = reader.take(offsetBytes).readUIntLE(0, offsetBytes);
  const distance = isShort ? ((tag >>> 5) << 8) | low : low;
  if (distance > output.length - start)
    throw new UnreadableError('a snappy block refers to what is before it');
  output.repeat(distance, isShort ? (upper & 7) + 4 : upper + 1);
}
