import { createRequire } from 'node:module';
import { gzipSync, zstdCompressSync } from 'node:zlib';

export const codecs = ['none', 'gzip', 'snappy', 'xerial', 'lz4', 'zstd'] as const;
/** Kafka's codecs; snappy in both of its forms. */
export type Codec = (typeof codecs)[number];

const NUMBERS: Readonly<Record<Codec, number>> = { none: 0, gzip: 1, snappy: 2, xerial: 2, lz4: 3, zstd: 4 };
export const codecNumber = (codec: Codec): number => NUMBERS[codec];

// Loaded where they are used: most tests compress nothing.
const load = createRequire(import.meta.url);
const snappy = (bytes: Buffer): Buffer =>
  (load('snappyjs') as { compress(bytes: Buffer): Buffer }).compress(bytes);
const lz4 = (bytes: Buffer): Buffer =>
  (load('lz4-napi') as { compressFrameSync(bytes: Buffer): Buffer }).compressFrameSync(bytes);

const int32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value | 0);
  return bytes;
};

const XERIAL_HEADER = Buffer.from('82534e41505059000000000100000001', 'hex');
const XERIAL_BLOCK = 32_768;

function xerial(bytes: Buffer): Buffer {
  const parts: Buffer[] = [XERIAL_HEADER];
  for (let at = 0; at < bytes.length; at += XERIAL_BLOCK) {
    const block = snappy(bytes.subarray(at, at + XERIAL_BLOCK));
    parts.push(int32(block.length), block);
  }
  return Buffer.concat(parts);
}

const COMPRESSORS: Readonly<Record<Codec, (bytes: Buffer) => Buffer>> = {
  ...{ none: (bytes) => bytes, gzip: gzipSync, zstd: zstdCompressSync },
  ...{ snappy, xerial, lz4 },
};
export const compress = (codec: Codec, bytes: Buffer): Buffer => COMPRESSORS[codec](bytes);

/** What four bits do to the checksum, bit by bit as the definition has it. */
const NIBBLES = Uint32Array.from({ length: 16 }, (_, nibble) => {
  let crc = nibble;
  for (let bit = 0; bit < 4; bit += 1) crc = (crc >>> 1) ^ ((crc & 1) === 1 ? 0x82f63b78 : 0);
  return crc;
});

/** Four bits at a time: a test's own, to check the product's against. */
export function checksumOf(bytes: Buffer): number {
  const next = (crc: number): number => (crc >>> 4) ^ Number(NIBBLES[crc & 0xf]);
  let crc = 0xffffffff;
  for (const byte of bytes) crc = next(next(crc ^ byte));
  return (crc ^ 0xffffffff) >>> 0;
}

/** Zigzag, seven bits a byte. */
export function varint(value: number): Buffer {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n));
  for (; left > 0x7fn; left >>= 7n) bytes.push(Number(left & 0x7fn) | 0x80);
  return Buffer.from([...bytes, Number(left)]);
}

export interface RawRecord {
  readonly key?: Buffer | null;
  readonly value?: Buffer | null;
  readonly headers?: readonly (readonly [name: string, value: Buffer | null])[];
  readonly offsetDelta?: number;
}

const sized = (bytes: Buffer | null): Buffer =>
  bytes === null ? varint(-1) : Buffer.concat([varint(bytes.length), bytes]);

export function encodeRecord({ key, value, headers, offsetDelta }: RawRecord, index: number): Buffer {
  const body = Buffer.concat([
    ...[Buffer.from([0]), varint(0), varint(offsetDelta ?? index), sized(key ?? null), sized(value ?? null)],
    varint(headers?.length ?? 0),
    ...(headers ?? []).flatMap(([name, content]) => [sized(Buffer.from(name)), sized(content)]),
  ]);
  return Buffer.concat([varint(body.length), body]);
}

export interface BatchParts {
  readonly codec?: Codec;
  readonly records?: readonly RawRecord[];
  /** What the attributes say; the codec's number when left out. */
  readonly attributes?: number;
  /** What stands where the records do, instead of them. */
  readonly payload?: Buffer;
  readonly count?: number;
  readonly lastOffsetDelta?: number;
  readonly baseOffset?: bigint;
  readonly magic?: number;
}

/** A record batch, byte by byte, with a checksum that is right whatever the rest says. */
export function encodeBatch(parts: BatchParts): Buffer {
  const { codec = 'none', records = [], magic = 2, baseOffset = 0n } = parts;
  const { count = records.length, attributes = codecNumber(codec) } = parts;
  const payload = parts.payload ?? compress(codec, Buffer.concat(records.map(encodeRecord)));
  const checked = Buffer.alloc(40);
  checked.writeInt16BE(attributes, 0);
  checked.writeInt32BE((parts.lastOffsetDelta ?? count - 1) | 0, 2);
  const now = BigInt(Date.now());
  checked.writeBigInt64BE(now, 6);
  checked.writeBigInt64BE(now, 14);
  checked.writeBigInt64BE(-1n, 22);
  checked.writeInt16BE(-1, 30);
  checked.writeInt32BE(-1, 32);
  checked.writeInt32BE(count, 36);
  const rest = Buffer.concat([checked, payload]);
  const start = Buffer.alloc(21);
  start.writeBigInt64BE(baseOffset, 0);
  start.writeInt32BE(start.length - 12 + rest.length, 8);
  start.writeInt32BE(0, 12);
  start.writeInt8(magic, 16);
  start.writeUInt32BE(checksumOf(rest), 17);
  return Buffer.concat([start, rest]);
}
