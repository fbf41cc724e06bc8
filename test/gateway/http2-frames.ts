/** Frames of HTTP/2 (RFC 9113), also such as no library sends. */
const TYPES = { data: 0, headers: 1, settings: 4 } as const;
const END_STREAM = 1;
const END_HEADERS = 4;
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

export interface Http2Request {
  /** As they are, in their order; in Latin-1. */
  readonly headers: readonly (readonly [string, string])[];
  readonly body?: string;
}

function frame(type: keyof typeof TYPES, flags: number, stream: number, payload: Buffer): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(TYPES[type], 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** A whole connection of a client that knows that HTTP/2 is spoken, with one request. */
export function http2Bytes({ headers, body }: Http2Request): Buffer {
  const block = Buffer.concat(headers.map(([name, value]) => literal(name, value)));
  return Buffer.concat([
    PREFACE,
    frame('settings', 0, 0, Buffer.alloc(0)),
    frame('headers', END_HEADERS | (body === undefined ? END_STREAM : 0), 1, block),
    ...(body === undefined ? [] : [frame('data', END_STREAM, 1, Buffer.from(body, 'latin1'))]),
  ]);
}

/** A header that is in no table, without Huffman's code (RFC 7541, 6.2.2). */
const literal = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), text(name), text(value)]);

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  const sizes: number[] = [];
  if (bytes.length < 127) sizes.push(bytes.length);
  else {
    sizes.push(127);
    let rest = bytes.length - 127;
    for (; rest >= 128; rest = Math.floor(rest / 128)) sizes.push((rest % 128) + 128);
    sizes.push(rest);
  }
  return Buffer.concat([Buffer.from(sizes), bytes]);
}
