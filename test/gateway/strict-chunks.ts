/** More bytes are needed. */
export const INCOMPLETE = Symbol('incomplete');

/** What was read, and how many bytes it took. */
export type Read<T> = { readonly value: T; readonly length: number } | typeof INCOMPLETE;

interface Chunks {
  readonly body: string;
  readonly trailers: readonly string[];
}

const SIZE = /^[0-9a-f]{1,12}$/i;

/** A chunked body without anything that parsers read in several ways, such as extensions; else a text that says what it is. */
export function chunkedBody(text: string): Read<Chunks> | string {
  let at = 0;
  let body = '';
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return INCOMPLETE;
    const line = text.slice(at, end);
    if (!SIZE.test(line)) return `chunk size ${JSON.stringify(line.slice(0, 100))}`;
    const size = Number.parseInt(line, 16);
    at = end + 2;
    if (size === 0) break;
    if (text.length < at + size + 2) return INCOMPLETE;
    body += text.slice(at, at + size);
    if (text.slice(at + size, at + size + 2) !== '\r\n') return 'end of a chunk';
    at += size + 2;
  }
  const trailers: string[] = [];
  for (;;) {
    const end = text.indexOf('\r\n', at);
    if (end < 0) return INCOMPLETE;
    const line = text.slice(at, end);
    at = end + 2;
    if (line === '') return { value: { body, trailers }, length: at };
    trailers.push(line);
  }
}
