import zlib from 'node:zlib';
import { readFrames, readOneFrame } from './frames.js';
import { gunzip } from './gzip.js';
import { unlz4 } from './lz4.js';
import { unsnappy } from './snappy.js';
import { UnreadableError } from './unreadable.js';

interface Codec {
  readonly name: string;
  /** Throws when more than `limit` bytes come out. */
  decompress(bytes: Buffer, limit: number): Buffer | Promise<Buffer>;
}

/** By the number that Kafka gives it in a batch's attributes; 0 is none. */
const CODECS: ReadonlyMap<number, Codec> = new Map([
  [1, { name: 'gzip', decompress: gunzip }],
  [2, { name: 'snappy', decompress: unsnappy }],
  [3, { name: 'lz4', decompress: unlz4 }],
  [4, { name: 'zstd', decompress: unzstd }],
] satisfies [number, Codec][]);

/** Frames one after another, also those that are to be skipped. The command also runs on Node 22, which has it from 22.15 on. */
function unzstd(bytes: Buffer, limit: number): Promise<Buffer> {
  if (!('zstdDecompress' in zlib)) throw new UnreadableError('Node.js has zstd from 22.15 on');
  return readFrames(bytes, limit, (rest, left) => readOneFrame(zlib.zstdDecompress, rest, left));
}

const CODEC_MASK = 7;

/** The bytes behind a codec, at most `limit`; throws UnreadableError where there are more, or they make no sense. */
export async function decompress(attributes: number, bytes: Buffer, limit: number): Promise<Buffer> {
  const number = attributes & CODEC_MASK;
  if (number === 0) return bytes;
  const codec = CODECS.get(number);
  if (codec === undefined) throw new UnreadableError(`codec ${number} is not known`);
  try {
    return await codec.decompress(bytes, limit);
  } catch (cause) {
    throw new UnreadableError(`${codec.name}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

export const isCompressed = (attributes: number): boolean => (attributes & CODEC_MASK) !== 0;
