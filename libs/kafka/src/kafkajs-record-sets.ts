import { createRequire } from 'node:module';
import type { ReadRecord } from './record-set/read-record.js';
import { readRecordSet } from './record-set/record-set.js';

/** As much of kafkajs' reader of a response as the decoding below touches. */
interface Decoder {
  readInt32(): number;
  canReadBytes(length: number): boolean;
  readBytes(length: number): Buffer;
}

async function decodeMessages(decoder: Decoder): Promise<ReadRecord[]> {
  const size = decoder.readInt32();
  if (size <= 0 || !decoder.canReadBytes(size)) return [];
  return readRecordSet(decoder.readBytes(size));
}

/**
 * Imported for its effect: mends how kafkajs 2.2.4 reads what it fetched. Its own version has no snappy, lz4 and
 * zstd. It ends the consumer for good on a batch that it cannot read, and decompresses without a limit. It reads on
 * behind the end of a batch: a count of headers that lies keeps it busy for ever.
 *
 * Here all codecs are read, and a batch that cannot be is one record that says so (`record-set`). The whole function is
 * replaced, before the first response of a fetch loads it. Only Kafka before 0.11 is fetched from without it.
 */
const require = createRequire(import.meta.url);
const path = require.resolve('kafkajs/src/protocol/requests/fetch/v4/decodeMessages.js');
const original: unknown = require(path);
const cached = require.cache[path];
if (cached === undefined || typeof original !== 'function' || original.length !== 1) {
  throw new Error('kafkajs reads what it fetched otherwise than 2.2.4 did: see kafkajs-record-sets.ts');
}
cached.exports = decodeMessages;
