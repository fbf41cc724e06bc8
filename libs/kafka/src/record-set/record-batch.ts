import { ByteReader } from './byte-reader.js';
import { crc32c } from './crc32c.js';
import { decompress } from './decompress.js';
import { type BatchSize, LARGEST_BATCH_BYTES } from './limits.js';
import type { ReadRecord } from './read-record.js';
import { UnreadableError } from './unreadable.js';

const MAGIC = 2;
const CHECKED_FROM = 21;
const LOG_APPEND_TIME = 0x08;
const IN_TRANSACTION = 0x10;
const IS_CONTROL = 0x20;

export interface BatchHeader {
  readonly baseOffset: bigint;
  readonly lastOffsetDelta: number;
  readonly crc: number;
  readonly attributes: number;
  readonly baseTimestamp: bigint;
  readonly maxTimestamp: bigint;
  readonly producerId: bigint;
  readonly count: number;
}

function readHeader(reader: ByteReader): BatchHeader {
  const baseOffset = reader.int64();
  const lengthEpochAndMagic = 9;
  reader.take(lengthEpochAndMagic);
  const [crc, attributes, lastOffsetDelta] = [reader.uint32(), reader.int16(), reader.int32()];
  const [baseTimestamp, maxTimestamp, producerId] = [reader.int64(), reader.int64(), reader.int64()];
  const epochAndSequence = 6;
  reader.take(epochAndSequence);
  const count = reader.int32();
  return { baseOffset, lastOffsetDelta, crc, attributes, baseTimestamp, maxTimestamp, producerId, count };
}

/** Of a batch whose header at least is whole. */
export function headerOf(batch: Buffer): BatchHeader {
  return readHeader(new ByteReader(batch));
}

export const contextOf = ({ producerId, attributes }: BatchHeader): ReadRecord['batchContext'] => ({
  producerId: String(producerId),
  inTransaction: (attributes & IN_TRANSACTION) !== 0,
});

/**
 * The records of a batch of magic 2 (kafka.apache.org/documentation/#recordbatch). All of it must make sense: a broker
 * checks less, and what kafkajs reads past the end of its bytes it takes for zeros.
 */
export async function readRecordBatch(batch: Buffer, size: BatchSize): Promise<ReadRecord[]> {
  const outside = new ByteReader(batch);
  const header = readHeader(outside);
  if (crc32c(batch.subarray(CHECKED_FROM)) !== header.crc) throw new UnreadableError('the checksum is wrong');
  const bytes = await decompress(header.attributes, outside.rest(), LARGEST_BATCH_BYTES);
  size.addBytes(bytes.length);
  const reader = new ByteReader(bytes);
  const records: ReadRecord[] = [];
  let previousDelta = -1;
  while (records.length < header.count) {
    const delta = readRecord(reader, header, previousDelta, size, records);
    previousDelta = delta;
  }
  if (header.count < 0 || reader.left > 0)
    throw new UnreadableError(`${reader.left} bytes are left behind ${header.count} records`);
  return records;
}

/** Appends the record. @returns its offset within the batch */
function readRecord(
  outer: ByteReader,
  header: BatchHeader,
  previousDelta: number,
  size: BatchSize,
  records: ReadRecord[],
): number {
  size.addEntry();
  const reader = new ByteReader(outer.take(outer.varint()));
  const attributes = reader.int8();
  const timestamp = header.baseTimestamp + reader.varlong();
  const delta = reader.varint();
  if (delta <= previousDelta || delta > header.lastOffsetDelta)
    throw new UnreadableError(
      `offset ${delta} of a batch that ends at ${header.lastOffsetDelta} follows ${previousDelta}`,
    );
  const isLogAppendTime = (header.attributes & LOG_APPEND_TIME) !== 0;
  records.push({
    magicByte: MAGIC,
    attributes,
    timestamp: String(isLogAppendTime ? header.maxTimestamp : timestamp),
    offset: String(header.baseOffset + BigInt(delta)),
    key: reader.varintBytes(),
    value: reader.varintBytes(),
    headers: readHeaders(reader, size),
    isControlRecord: (header.attributes & IS_CONTROL) !== 0,
    batchContext: contextOf(header),
  });
  if (reader.left > 0) throw new UnreadableError(`${reader.left} bytes are left behind a record`);
  return delta;
}

/** A header's name may come more than once: then its values are a list. */
function readHeaders(reader: ByteReader, size: BatchSize): ReadRecord['headers'] {
  const headers = new Map<string, (Buffer | null)[]>();
  const count = reader.varint();
  if (count < 0) throw new UnreadableError(`a record has ${count} headers`);
  for (let read = 0; read < count; read += 1) {
    size.addEntry();
    const name = reader.varintBytes();
    if (name === null) throw new UnreadableError('a header has no name');
    const value = reader.varintBytes();
    const known = headers.get(name.toString());
    if (known === undefined) headers.set(name.toString(), [value]);
    else known.push(value);
  }
  return Object.fromEntries(
    [...headers].map(([name, values]) => [name, values.length > 1 ? values : (values[0] ?? null)]),
  );
}
