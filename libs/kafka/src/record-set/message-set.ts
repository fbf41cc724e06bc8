import zlib from 'node:zlib';
import { ByteReader } from './byte-reader.js';
import { decompress, isCompressed } from './decompress.js';
import { type BatchSize, LARGEST_BATCH_BYTES } from './limits.js';
import { NO_TRANSACTION, type ReadRecord } from './read-record.js';
import { UnreadableError } from './unreadable.js';

interface OldMessage {
  readonly offset: bigint;
  readonly magic: number;
  readonly attributes: number;
  readonly timestamp: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
}

const NEWEST_MAGIC = 1;
const NO_TIMESTAMP = '-1';

/** One message of a message set, as brokers before 0.11 stored them: offset, size, checksum, magic, and the rest. */
function readMessage(outer: ByteReader): OldMessage {
  const offset = outer.int64();
  const bytes = outer.take(outer.int32());
  const reader = new ByteReader(bytes);
  const crc = reader.uint32();
  if (zlib.crc32(bytes.subarray(4)) !== crc) throw new UnreadableError('the checksum is wrong');
  const magic = reader.int8();
  if (magic < 0 || magic > NEWEST_MAGIC) throw new UnreadableError(`magic ${magic} in a message set`);
  const attributes = reader.int8();
  const timestamp = magic === 0 ? NO_TIMESTAMP : String(reader.int64());
  const [key, value] = [reader.bytes32(), reader.bytes32()];
  if (reader.left > 0) throw new UnreadableError(`${reader.left} bytes are left behind a message`);
  return { offset, magic, attributes, timestamp, key, value };
}

const recordOf = (message: OldMessage, offset: bigint): ReadRecord => ({
  magicByte: message.magic,
  attributes: message.attributes,
  timestamp: message.timestamp,
  offset: String(offset),
  key: message.key,
  value: message.value,
  headers: {},
  isControlRecord: false,
  batchContext: NO_TRANSACTION,
});

/** A message of magic 0 or 1; of a compressed one, the messages in it. */
export async function readOldMessage(entry: Buffer, size: BatchSize): Promise<ReadRecord[]> {
  const message = readMessage(new ByteReader(entry));
  size.addEntry();
  size.addBytes(entry.length);
  if (!isCompressed(message.attributes)) return [recordOf(message, message.offset)];
  if (message.value === null) throw new UnreadableError('a compressed message has no body');
  const inside = await decompress(message.attributes, message.value, LARGEST_BATCH_BYTES);
  return readInside(message, new ByteReader(inside), size);
}

/** In magic 1 the outer message has the offset of the last one inside, and those count from any number on. */
function readInside(outer: OldMessage, reader: ByteReader, size: BatchSize): ReadRecord[] {
  const messages: OldMessage[] = [];
  size.addBytes(reader.left);
  while (reader.left > 0) {
    size.addEntry();
    const message = readMessage(reader);
    if (isCompressed(message.attributes)) throw new UnreadableError('compressed messages lie in one another');
    const previous = messages.at(-1);
    if (previous !== undefined && message.offset <= previous.offset)
      throw new UnreadableError(`offset ${message.offset} follows ${previous.offset}`);
    messages.push(message);
  }
  const last = messages.at(-1);
  if (last === undefined) throw new UnreadableError('a compressed message has nothing in it');
  const shift = outer.magic === 0 ? 0n : outer.offset - last.offset;
  if (last.offset + shift !== outer.offset)
    throw new UnreadableError(`the messages inside end at ${last.offset}, not at ${outer.offset}`);
  return messages.map((message) => recordOf(message, message.offset + shift));
}
