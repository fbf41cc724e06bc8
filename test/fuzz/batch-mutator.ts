import { type BatchParts, type Codec, codecs, compress, encodeRecord, type RawRecord } from '#libs/testing';

const NUMBERS = [-2_147_483_648, -2, -1, 0, 1, 2, 127, 1_000_000, 2_147_483_647] as const;
const ATTRIBUTES = [5, 6, 7, 0x08, 0x10, 0x20, 0x40, 0x7f00] as const;
const BOMB_BYTES = 34_000_000;

interface MutatedBatch extends BatchParts {
  readonly way: Way;
}

const WAYS = [
  ...(['whole', 'bytes of records', 'bytes of the codec', 'cut before', 'cut after', 'random'] as const),
  ...(['header', 'record numbers', 'null and odd headers', 'another codec'] as const),
];
type Way = (typeof WAYS)[number];

/** Breaks record batches where they can be broken: in the header, in what is compressed, and in the compressed bytes. */
export class BatchMutator {
  constructor(private readonly random: () => number) {}

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  batch(values: readonly Buffer[]): MutatedBatch {
    const way = this.pick(WAYS);
    const codec = this.pick(codecs);
    const count = values.length;
    const records = Buffer.concat(values.map((value, index) => encodeRecord(this.record(value, way), index)));
    const whole = compress(codec, records);
    return { way, codec, count, payload: whole, ...this.broken(way, codec, records, whole) };
  }

  /** A few kilobytes that are many megabytes inside. */
  bomb(): BatchParts {
    const records = encodeRecord({ value: Buffer.alloc(BOMB_BYTES) }, 0);
    return { codec: 'zstd', count: 1, payload: compress('zstd', records) };
  }

  private broken(way: Way, codec: Codec, records: Buffer, whole: Buffer): BatchParts {
    switch (way) {
      case 'bytes of records':
        return { payload: compress(codec, this.flipped(records)) };
      case 'bytes of the codec':
        return { payload: this.flipped(whole) };
      case 'cut before':
        return { payload: compress(codec, records.subarray(0, this.below(records.length))) };
      case 'cut after':
        return { payload: whole.subarray(0, this.below(whole.length)) };
      case 'random':
        return { payload: Buffer.from(Array.from({ length: this.below(200) }, () => this.below(256))) };
      case 'header':
        return this.pick<BatchParts>([
          { count: this.pick(NUMBERS) },
          { lastOffsetDelta: this.pick(NUMBERS) },
          { attributes: this.pick(ATTRIBUTES) },
          { magic: this.pick([-1, 0, 1, 3]) },
        ]);
      case 'another codec':
        return { attributes: this.below(8) };
      default:
        return {};
    }
  }

  private record(value: Buffer, way: Way): RawRecord {
    if (way === 'record numbers') return { value, offsetDelta: this.pick(NUMBERS) };
    if (way !== 'null and odd headers') return { value };
    const header = [
      this.pick(['', 'ce_id', 'ce_type', '__proto__', '\u0000']),
      this.pick([null, Buffer.from([0xff])]),
    ] as const;
    return {
      value,
      headers: [header, header],
      key: this.pick([null, Buffer.alloc(0), Buffer.alloc(20_000)]),
    };
  }

  private flipped(bytes: Buffer): Buffer {
    const changed = Buffer.from(bytes);
    for (let times = 1 + this.below(4); times > 0; times -= 1)
      changed[this.below(changed.length)] = this.below(256);
    return changed;
  }

  private below(end: number): number {
    return Math.floor(this.random() * end);
  }
}
