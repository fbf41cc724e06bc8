/** Text of others, such as a log or an error's message, in a form that can be stored and published. */

const LONGEST_MESSAGE_BYTES = 8 * 1024;
/** Of a log's end: many of them stand in one reply. */
const LONGEST_TAIL_BYTES = 16 * 1024;

const bytesOf = (text: string): number => Buffer.byteLength(text);
/** What a cut through a character leaves of it. */
const HALF_AT_START = /^\uFFFD+/;
const HALF_AT_END = /\uFFFD+$/;

/** Postgres takes no NUL and, in JSON, no half of a surrogate pair. */
export const cleanText = (text: string): string => text.replaceAll('\0', '').toWellFormed();

/** Cleaned; of a long one the beginning. */
export function shortMessage(text: string, mostBytes = LONGEST_MESSAGE_BYTES): string {
  const clean = cleanText(text);
  if (bytesOf(clean) <= mostBytes) return clean;
  const kept = Buffer.from(clean).subarray(0, mostBytes).toString().replace(HALF_AT_END, '');
  return `${kept}... (${bytesOf(clean) - bytesOf(kept)} bytes more)`;
}

/** Cleaned; of a long one the last lines. */
export function shortTail(text: string, mostBytes = LONGEST_TAIL_BYTES): string {
  const clean = cleanText(text);
  if (bytesOf(clean) <= mostBytes) return clean;
  const all = clean.trimEnd();
  const end = Buffer.from(all).subarray(-mostBytes).toString().replace(HALF_AT_START, '');
  // Without the rest of the line that was cut, unless nothing else is left.
  const kept = end.slice(end.indexOf('\n') + 1);
  return `(${bytesOf(all) - bytesOf(kept)} bytes before this are left out)\n${kept}`;
}
