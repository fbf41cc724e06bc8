/** Text of others, such as a log or an error's message, in a form that can be stored and published. */

export const LONGEST_MESSAGE_BYTES = 8 * 1024;
/** Of a log's end: many of them stand in one reply. */
const LONGEST_TAIL_BYTES = 16 * 1024;

const bytesOf = (text: string): number => Buffer.byteLength(text);
/** What a cut through a character leaves of it. */
const HALF_AT_START = /^\uFFFD+/;
const HALF_AT_END = /\uFFFD+$/;

/** What a cut leaves instead of the rest. */
const moreNote = (bytes: number): string => `... (${bytes} bytes more)`;
const MORE_NOTE = /\.\.\. \((\d+) bytes more\)\.?$/;
const beforeNote = (bytes: number): string => `(${bytes} bytes before this are left out)\n`;
const BEFORE_NOTE = /^\((\d+) bytes before this are left out\)\n/;

/** Postgres takes no NUL and, in JSON, no half of a surrogate pair. */
export const cleanText = (text: string): string => text.replaceAll('\0', '').toWellFormed();

/** Cleaned; of a long one the beginning, with a note of what is missing. Within the limit if that has room for a note. */
export function shortMessage(text: string, mostBytes = LONGEST_MESSAGE_BYTES): string {
  const clean = cleanText(text);
  if (bytesOf(clean) <= mostBytes) return clean;
  const { rest, all, room } = beforeCut(clean, MORE_NOTE, mostBytes, moreNote);
  const kept = Buffer.from(rest).subarray(0, room).toString().replace(HALF_AT_END, '');
  return `${kept}${moreNote(all - bytesOf(kept))}`;
}

/** Cleaned; of a long one the last lines, with a note of what is missing. Within the limit as a message is. */
export function shortTail(text: string, mostBytes = LONGEST_TAIL_BYTES): string {
  const clean = cleanText(text);
  if (bytesOf(clean) <= mostBytes) return clean;
  const trimmed = clean.trimEnd();
  if (bytesOf(trimmed) <= mostBytes) return trimmed;
  const { rest, all, room } = beforeCut(trimmed, BEFORE_NOTE, mostBytes, beforeNote);
  const kept = endOf(Buffer.from(rest), room);
  return `${beforeNote(all - bytesOf(kept))}${kept}`;
}

/** A message with sentences after it. They stay whole; the message gets the room that they leave. */
export function messageWith(message: string, sentences: readonly string[]): string {
  if (sentences.length === 0) return shortMessage(message);
  const after = sentences.map((sentence) => ` ${sentence}`).join('');
  const room = LONGEST_MESSAGE_BYTES - bytesOf(after) - bytesOf('.');
  return `${asSentence(shortMessage(message, room))}${after}`;
}

/** What an engine or a program says often lacks its full stop. */
export const asSentence = (text: string): string => (/[.!?]\s*$/.test(text) ? text : `${text}.`);

interface BeforeCut {
  /** The text without the note of an earlier cut. */
  readonly rest: string;
  /** The bytes of the text as it was before any cut. */
  readonly all: number;
  /** How many bytes of it leave room for the note. */
  readonly room: number;
}

function beforeCut(
  text: string,
  earlierNote: RegExp,
  mostBytes: number,
  note: (bytes: number) => string,
): BeforeCut {
  const rest = text.replace(earlierNote, '');
  const all = bytesOf(rest) + Number(earlierNote.exec(text)?.[1] ?? 0);
  return { rest, all, room: Math.max(0, mostBytes - bytesOf(note(all))) };
}

/** The last whole lines; the end of the last line where that alone is too long. */
function endOf(text: Buffer, room: number): string {
  const start = Math.max(0, text.length - room);
  const lineStart = start === 0 ? 0 : text.indexOf('\n', start - 1) + 1;
  if (start === 0 || lineStart > 0) return text.subarray(lineStart).toString();
  return text.subarray(start).toString().replace(HALF_AT_START, '');
}
