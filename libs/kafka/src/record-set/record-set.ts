import { BatchSize, LARGEST_BATCH_BYTES, MOST_BATCH_ENTRIES } from './limits.js';
import { readOldMessage } from './message-set.js';
import { NO_TRANSACTION, type ReadRecord } from './read-record.js';
import { type BatchHeader, contextOf, headerOf, readRecordBatch } from './record-batch.js';
import { UnreadableError } from './unreadable.js';

const LENGTH_AT = 8;
/** Of offset and length, which come first in every format and are not counted in the length. */
const PREFIX_BYTES = 12;
const MAGIC_AT = 16;
/** In every format the magic comes within it. */
const SHORTEST_LENGTH = 5;
const BATCH_MAGIC = 2;

/**
 * The records that a broker sent of one partition. A batch that cannot be read is one record, marked as unreadable,
 * with all its bytes as its value: what stands in a topic never throws here. The last batch may be cut off, by the
 * limit of the fetch; it comes whole with the next one.
 */
export async function readRecordSet(bytes: Buffer): Promise<ReadRecord[]> {
  const records: ReadRecord[] = [];
  const taken = { bytes: 0, entries: 0 };
  for (let at = 0; at + PREFIX_BYTES + SHORTEST_LENGTH <= bytes.length;) {
    const length = bytes.readInt32BE(at + LENGTH_AT);
    const isLost = length < SHORTEST_LENGTH;
    // Without a length nobody knows where the next one begins.
    const end = isLost ? bytes.length : at + PREFIX_BYTES + length;
    if (end > bytes.length) break;
    const size = new BatchSize();
    records.push(...(await readBatch(bytes.subarray(at, end), size)));
    at = end;
    taken.bytes += size.bytes;
    taken.entries += size.entries;
    // Many small batches that are large inside: what is behind is fetched again once these are handled.
    if (taken.bytes >= LARGEST_BATCH_BYTES || taken.entries >= MOST_BATCH_ENTRIES) break;
  }
  return records;
}

async function readBatch(batch: Buffer, size: BatchSize): Promise<ReadRecord[]> {
  try {
    if (batch.readInt32BE(LENGTH_AT) < SHORTEST_LENGTH) throw new UnreadableError('the batch has no length');
    const magic = batch.readInt8(MAGIC_AT);
    if (magic === BATCH_MAGIC) return await readRecordBatch(batch, size);
    if (magic === 0 || magic === 1) return await readOldMessage(batch, size);
    throw new UnreadableError(`magic ${magic} is not known`);
  } catch (error) {
    return [unreadable(batch, error instanceof Error ? error.message : String(error))];
  }
}

/** Has the last offset of the batch, so that whoever handles it goes on behind. */
function unreadable(batch: Buffer, reason: string): ReadRecord {
  const header = headerIfWhole(batch);
  const baseOffset = batch.readBigInt64BE();
  const lastOffset = baseOffset + BigInt(Math.max(0, header?.lastOffsetDelta ?? 0));
  return {
    ...{ magicByte: batch.readInt8(MAGIC_AT), attributes: 0, timestamp: '0', headers: {}, key: null },
    offset: String(lastOffset),
    value: batch,
    isControlRecord: false,
    batchContext: header === undefined ? NO_TRANSACTION : contextOf(header),
    unreadable: { reason, baseOffset: String(baseOffset), lastOffset: String(lastOffset) },
  };
}

function headerIfWhole(batch: Buffer): BatchHeader | undefined {
  if (batch.readInt8(MAGIC_AT) !== BATCH_MAGIC) return undefined;
  try {
    return headerOf(batch);
  } catch {
    return undefined;
  }
}
