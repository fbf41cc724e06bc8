import { UnreadableError } from './unreadable.js';

const MOST_VARINT_BYTES = 5;
const MOST_VARLONG_BYTES = 10;

/** Reads Kafka's primitive types in order, and nothing beyond the end of its bytes. */
export class ByteReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  get left(): number {
    return this.bytes.length - this.at;
  }

  /** A byte, without its sign. */
  byte(): number {
    const byte = this.bytes[this.at];
    if (byte === undefined) throw new UnreadableError('more bytes are announced than are there');
    this.at += 1;
    return byte;
  }

  int8(): number {
    return this.take(1).readInt8();
  }

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  uint32(): number {
    return this.take(4).readUInt32BE();
  }

  int64(): bigint {
    return this.take(8).readBigInt64BE();
  }

  /** A number of up to 35 bits, seven in a byte, the lowest first. */
  unsignedVarint(): number {
    let value = 0;
    for (let read = 0; read < MOST_VARINT_BYTES; read += 1) {
      const byte = this.byte();
      value += (byte & 0x7f) * 2 ** (7 * read);
      if (byte < 0x80) return value;
    }
    throw new UnreadableError(`a variable-length number has more than ${MOST_VARINT_BYTES} bytes`);
  }

  /** A 32-bit number, zigzag-encoded. */
  varint(): number {
    const value = this.unsignedVarint();
    return (value >>> 1) ^ -(value & 1);
  }

  /** A 64-bit number, zigzag-encoded. */
  varlong(): bigint {
    let value = 0n;
    for (let read = 0; read < MOST_VARLONG_BYTES; read += 1) {
      const byte = this.byte();
      value |= BigInt(byte & 0x7f) << BigInt(7 * read);
      if (byte < 0x80) return BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n));
    }
    throw new UnreadableError(`a variable-length number has more than ${MOST_VARLONG_BYTES} bytes`);
  }

  /** Bytes after their length, an int32; -1 is null. */
  bytes32(): Buffer | null {
    return this.nullable(this.int32());
  }

  /** Bytes after their length, a varint; -1 is null. */
  varintBytes(): Buffer | null {
    return this.nullable(this.varint());
  }

  take(length: number): Buffer {
    if (length < 0) throw new UnreadableError(`a length is ${length}`);
    if (length > this.left)
      throw new UnreadableError(`${length} bytes are announced, ${this.left} are there`);
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  rest(): Buffer {
    return this.take(this.left);
  }

  private nullable(length: number): Buffer | null {
    return length === -1 ? null : this.take(length);
  }
}
