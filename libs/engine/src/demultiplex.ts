import { Transform } from 'node:stream';

const HEADER_BYTES = 8;

interface Unframed {
  readonly parts: readonly Buffer[];
  /** The beginning of a frame whose end has not come yet. */
  readonly rest: Buffer;
}

/**
 * Without a terminal the engine frames each write: one byte of stream, three of zero, four of length (big-endian).
 * The order of both streams is kept.
 */
function unframe(framed: Buffer): Unframed {
  const parts: Buffer[] = [];
  let at = 0;
  while (at + HEADER_BYTES <= framed.length) {
    const end = at + HEADER_BYTES + framed.readUInt32BE(at + 4);
    if (end > framed.length) break;
    parts.push(framed.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return { parts, rest: framed.subarray(at) };
}

/** The text of a whole log answer. */
export const demultiplex = (framed: Buffer): string => Buffer.concat(unframe(framed).parts).toString('utf8');

/** The text of a log answer that goes on. */
export function demultiplexing(): Transform {
  let held: Buffer = Buffer.alloc(0);
  return new Transform({
    transform(piece: Buffer, _, done) {
      const { parts, rest } = unframe(Buffer.concat([held, piece]));
      held = rest;
      for (const part of parts) this.push(part);
      done();
    },
  });
}
