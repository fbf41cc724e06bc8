const HEADER_BYTES = 8;

/**
 * The text of a log answer. Without a terminal the engine frames each write: one byte of stream, three of zero,
 * four of length (big-endian). The order of both streams is kept.
 */
export function demultiplex(framed: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + HEADER_BYTES <= framed.length;) {
    const end = at + HEADER_BYTES + framed.readUInt32BE(at + 4);
    parts.push(framed.subarray(at + HEADER_BYTES, end));
    at = end;
  }
  return Buffer.concat(parts).toString('utf8');
}
