import { UnreadableError } from './unreadable.js';

const FIRST_BYTES = 4_096;

/** What a decoder of the LZ77 family has written so far: it grows as it is written, never beyond its limit. */
export class Output {
  private bytes: Buffer;
  length = 0;

  constructor(private readonly limit: number) {
    this.bytes = Buffer.allocUnsafe(Math.min(FIRST_BYTES, limit));
  }

  append(bytes: Buffer): void {
    this.reserve(bytes.length);
    bytes.copy(this.bytes, this.length);
    this.length += bytes.length;
  }

  /** Repeats `length` bytes from `distance` back. They may overlap with what is written: then they repeat a pattern. */
  repeat(distance: number, length: number): void {
    if (distance < 1 || distance > this.length)
      throw new UnreadableError(`a reference goes ${distance} bytes back, ${this.length} are there`);
    this.reserve(length);
    const from = this.length - distance;
    for (let done = 0; done < length;) {
      // What has been repeated already can be copied on, so the pieces double.
      const piece = Math.min(distance + done, length - done);
      this.bytes.copy(this.bytes, this.length + done, from, from + piece);
      done += piece;
    }
    this.length += length;
  }

  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  private reserve(length: number): void {
    const needed = this.length + length;
    if (needed > this.limit) throw new UnreadableError(`more than ${this.limit} bytes come out`);
    if (needed <= this.bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.min(this.limit, Math.max(needed, this.bytes.length * 2)));
    this.bytes.copy(grown, 0, 0, this.length);
    this.bytes = grown;
  }
}
