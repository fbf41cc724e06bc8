/**
 * What is sent to the gateway, and what may come of it. No case lets the request in its body, `smuggled`, reach an
 * instance; most of them are read in two ways by one proxy or another.
 */
export interface Case {
  readonly name: string;
  /** In Latin-1; `mark` is unique, and in the path of each request that may reach an instance. */
  readonly bytes: (mark: string) => string;
  /**
   * `refused`: no instance sees it. `taken`: one does, once, and answers. `either`: one of both, since the RFC lets a proxy
   * choose; never as something else.
   */
  readonly is: 'refused' | 'taken' | 'either';
  /** How many requests it is where it is taken; one otherwise. */
  readonly requests?: number;
  /** What comes behind its body, or behind its head where it says no length, is another request and read as one. */
  readonly hasAnother?: boolean;
}

const HOST = 'Host: web.localhost\r\n';
const get = (mark: string, ...lines: readonly string[]): string =>
  `GET /${mark} HTTP/1.1\r\n${HOST}${lines.map((line) => `${line}\r\n`).join('')}\r\n`;
const post = (mark: string, lines: readonly string[], body: string): string =>
  `POST /${mark} HTTP/1.1\r\n${HOST}${lines.map((line) => `${line}\r\n`).join('')}\r\n${body}`;
/** Only where somebody takes the body for a request does an instance see it. */
const smuggled = (mark: string): string => `GET /smuggled-${mark} HTTP/1.1\r\n${HOST}\r\n`;
/** Nothing, in chunks, and what must not be read as a request behind it. */
const emptyAndMore = (mark: string): string => `0\r\n\r\n${smuggled(mark)}`;
const long = (text: string): string => `Content-Length: ${text.length}`;

const CODINGS = [
  'Transfer-Encoding: chunked',
  ...['Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding: identity'],
  ...['Transfer-Encoding: identity, chunked', 'Transfer-Encoding:\tchunked', 'Transfer-Encoding:\x0bchunked'],
  ...['Transfer-Encoding: \x00chunked', 'Transfer-Encoding : chunked', ' Transfer-Encoding: chunked'],
  ...[
    'X: x\nTransfer-Encoding: chunked',
    'X: x\rTransfer-Encoding: chunked',
    'Transfer-Encoding\r\n : chunked',
  ],
  ...['Transfer-Encoding:\r\n chunked', 'Transfer-Encoding: "chunked"', "Transfer-Encoding: 'chunked'"],
  ...['Transfer_Encoding: chunked', 'Transfer-Encoding: chunked;q=1', 'Transfer-Encoding: gzip, chunked'],
  ...['TRANSFER-ENCODING: CHUNKED', 'Transfer-Encoding: chunKed', 'Transfer-Encoding: chunked\x00'],
  ...[
    'Transfer-Encoding: chunked\r\nTransfer-Encoding: x',
    'Transfer-Encoding: x\r\nTransfer-Encoding: chunked',
  ],
  ...['Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked, chunked'],
  ...['Transfer-Encoding: ,chunked', 'Transfer-Encoding: chunked,', 'Transfer-Encoding: chunked\x7f'],
  ...['Transfer-Encoding: \xa0chunked', 'Transfer-Encodin\xe7: chunked', 'Transfer-\x00Encoding: chunked'],
  ...['Content-Encoding: chunked', 'Transfer-Encoding:', 'Transfer-Encoding: chunked\r\n x'],
];

const codings = CODINGS.flatMap((line): readonly Case[] => [
  {
    name: `a length and ${JSON.stringify(line)}`,
    bytes: (mark) => post(mark, [long(emptyAndMore(mark)), line], emptyAndMore(mark)),
    is: 'either',
  },
  {
    name: `${JSON.stringify(line)} and a length`,
    bytes: (mark) => post(mark, [line, long(emptyAndMore(mark))], emptyAndMore(mark)),
    is: 'either',
  },
  {
    name: `a length that ends within the first chunk, and ${JSON.stringify(line)}`,
    bytes: (mark) => {
      const inner = smuggled(mark);
      const size = inner.length.toString(16);
      return post(mark, [`Content-Length: ${size.length + 2}`, line], `${size}\r\n${inner}\r\n0\r\n\r\n`);
    },
    is: 'either',
    hasAnother: /^(?:Content-|Transfer_)/.test(line),
  },
]);

const LENGTHS: readonly (readonly [(length: number) => string, Case['is'], 'no length'?])[] = [
  [(n) => `Content-Length: ${n}\r\nContent-Length: 0`, 'refused'],
  [(n) => `Content-Length: 0\r\nContent-Length: ${n}`, 'refused'],
  [(n) => `Content-Length: ${n}\r\nContent-Length: ${n}`, 'either'],
  [(n) => `Content-Length: ${n}, ${n}`, 'either'],
  [(n) => `Content-Length: 0, ${n}`, 'refused'],
  [(n) => `Content-Length: ${n},`, 'either'],
  [(n) => `Content-Length: +${n}`, 'refused'],
  [(n) => `Content-Length: -${n}`, 'refused'],
  [(n) => `Content-Length: 0x${n.toString(16)}`, 'refused'],
  [(n) => `Content-Length: ${n}.0`, 'refused'],
  [(n) => `Content-Length: ${n}e0`, 'refused'],
  [(n) => `Content-Length: ${n} 0`, 'refused'],
  [(n) => `Content-Length: ${n};`, 'refused'],
  [(n) => `Content-Length: "${n}"`, 'refused'],
  [(n) => `Content-Length: \x00${n}`, 'refused'],
  [(n) => `Content-Length: ${n}\x00`, 'refused'],
  [(n) => `Content-Length:\x0b${n}`, 'refused'],
  [(n) => `Content-Length : ${n}`, 'refused'],
  [(n) => `Content-Length\t: ${n}`, 'refused'],
  [() => 'Content-Length:', 'either', 'no length'],
  [() => 'Content-Length: 18446744073709551617', 'refused'],
  [() => 'Content-Length: 99999999999999999999999', 'refused'],
  [(n) => `Content-Length: ${n}\r\n 0`, 'refused'],
  [(n) => `Content-Length: 0000000${n}`, 'either'],
  [(n) => `X-A: 1\r\n Content-Length: ${n}`, 'either', 'no length'],
  [(n) => `Content_Length: ${n}`, 'either', 'no length'],
  [(n) => `Content-Length:\t${n}\t`, 'taken'],
  [(n) => `Content-Length: ${n}`, 'taken'],
];

const lengths = LENGTHS.map(([line, is, hasAnother]): Case => ({
  name: JSON.stringify(line(9)),
  bytes: (mark) => post(mark, [line(smuggled(mark).length)], smuggled(mark)),
  is,
  ...(hasAnother !== undefined && { hasAnother: true }),
}));

const chunks: readonly (readonly [string, string, Case['is']])[] = [
  ['in order', '5\r\nhello\r\n0\r\n\r\n', 'taken'],
  ['an extension', '5;a=b\r\nhello\r\n0\r\n\r\n', 'either'],
  ['an extension with a quoted end of line', '5;a="\r\n"\r\nhello\r\n0\r\n\r\n', 'either'],
  ['an extension that ends with a line feed', '5;a\nhello\r\n0\r\n\r\n', 'either'],
  ['an extension with a bare CR', '5;a\rb\r\nhello\r\n0\r\n\r\n', 'either'],
  ['a long extension', `5;${'a'.repeat(9_000)}\r\nhello\r\n0\r\n\r\n`, 'either'],
  ['a space before the size', ' 5\r\nhello\r\n0\r\n\r\n', 'either'],
  ['a space behind the size', '5 \r\nhello\r\n0\r\n\r\n', 'either'],
  ['a size with 0x', '0x5\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['a size with a sign', '+5\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['a negative size', '-5\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['a size with leading zeros', '000000000000000005\r\nhello\r\n0\r\n\r\n', 'either'],
  ['a size beyond 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['the largest size of 64 bits', 'ffffffffffffffff\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['no size', '\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['a size with an underscore', '0_5\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['a line feed alone behind the size', '5\nhello\r\n0\r\n\r\n', 'either'],
  ['a line feed alone behind the chunk', '5\r\nhello\n0\r\n\r\n', 'either'],
  ['nothing behind the chunk', '5\r\nhello0\r\n\r\n', 'refused'],
  ['other bytes behind the chunk', '5\r\nhelloXX0\r\n\r\n', 'refused'],
  ['a NUL behind the size', '5\x00\r\nhello\r\n0\r\n\r\n', 'refused'],
  ['several zeros as the last size', '5\r\nhello\r\n000\r\n\r\n', 'either'],
  ['a trailer', '5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n', 'either'],
  ['a trailer with a length', '5\r\nhello\r\n0\r\nContent-Length: 60\r\n\r\n', 'either'],
  ['a trailer without a colon', '5\r\nhello\r\n0\r\nGET / HTTP/1.1\r\n\r\n', 'either'],
];

const chunked = chunks.map(([name, body, is]): Case => ({
  name: `chunks with ${name}`,
  bytes: (mark) => post(mark, ['Transfer-Encoding: chunked'], body),
  is,
}));

const HEADERS: readonly (readonly [string, string, Case['is']])[] = [
  ['a space before the colon', 'X-A : 1', 'refused'],
  ['a tab before the colon', 'X-A\t: 1', 'refused'],
  ['a space in the name', 'X A: 1', 'refused'],
  ['an empty name', ': 1', 'refused'],
  ['no colon', 'X-A', 'refused'],
  ['a NUL in the name', 'X-\x00A: 1', 'refused'],
  ['a NUL in the value', 'X-A: 1\x002', 'refused'],
  ['a bare CR in the value', 'X-A: 1\r2', 'refused'],
  ['a bare LF in the value', 'X-A: 1\nX-B: 2', 'either'],
  ['other control characters in the value', 'X-A: 1\x01\x02', 'refused'],
  ['a line that goes on', 'X-A: 1\r\n 2', 'either'],
  ['a line that goes on with a tab', 'X-A: 1\r\n\t2', 'either'],
  ['parentheses in the name', 'X(A): 1', 'refused'],
  ['bytes above 127 in the name', 'X-\xc3\xa4: 1', 'refused'],
  ['bytes above 127 in the value', 'X-A: \xc3\xa4', 'taken'],
  ['many spaces around the value', `X-A:${' '.repeat(50)}1${' '.repeat(50)}`, 'taken'],
  ['no value', 'X-A:', 'taken'],
  ['a colon at the start', ':authority: evil.localhost', 'refused'],
  ['a name in upper case', 'X-UPPER: 1', 'taken'],
  ['more than is taken', `X-A: ${'a'.repeat(20_000)}`, 'refused'],
  ['an expectation', 'Expect: 100-continue', 'either'],
  ['an expectation nobody knows', 'Expect: 200-maybe', 'either'],
  ['another method named', 'X-HTTP-Method-Override: DELETE', 'taken'],
  [
    'an upgrade to HTTP/2',
    'Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__',
    'taken',
  ],
];

const headers = HEADERS.map(([name, line, is]): Case => ({
  name: `a header with ${name}`,
  bytes: (mark) => get(mark, line),
  is,
}));

/** Whole requests. */
const LINES: readonly (readonly [string, (mark: string) => string, Case['is'], number?])[] = [
  ['no version', (mark) => `GET /${mark}\r\n`, 'refused'],
  ['version 0.9', (mark) => `GET /${mark} HTTP/0.9\r\n\r\n`, 'refused'],
  ['version 1.2', (mark) => `GET /${mark} HTTP/1.2\r\n${HOST}\r\n`, 'either'],
  ['version 1.10', (mark) => `GET /${mark} HTTP/1.10\r\n${HOST}\r\n`, 'refused'],
  ['version 2.0', (mark) => `GET /${mark} HTTP/2.0\r\n${HOST}\r\n`, 'either'],
  ['version 9.9', (mark) => `GET /${mark} HTTP/9.9\r\n${HOST}\r\n`, 'either'],
  ['a version in lower case', (mark) => `GET /${mark} http/1.1\r\n${HOST}\r\n`, 'refused'],
  ['a version that is none', (mark) => `GET /${mark} HTTP/x\r\n${HOST}\r\n`, 'refused'],
  ['a space behind the version', (mark) => `GET /${mark} HTTP/1.1 \r\n${HOST}\r\n`, 'refused'],
  ['two spaces', (mark) => `GET  /${mark} HTTP/1.1\r\n${HOST}\r\n`, 'either'],
  ['a tab instead of a space', (mark) => `GET\t/${mark}\tHTTP/1.1\r\n${HOST}\r\n`, 'either'],
  ['a space in the path', (mark) => `GET /${mark} HTTP/1.1 HTTP/1.1\r\n${HOST}\r\n`, 'refused'],
  ['blank lines before it', (mark) => `\r\n\r\n${get(mark)}`, 'either'],
  ['ends of lines without CR', (mark) => get(mark).replaceAll('\r\n', '\n'), 'either'],
  ['ends of lines without LF', (mark) => get(mark).replaceAll('\r\n', '\r'), 'refused'],
  ['ends of lines the other way round', (mark) => get(mark).replaceAll('\r\n', '\n\r'), 'refused'],
  ['a blank before the first header', (mark) => `GET /${mark} HTTP/1.1\r\n X: 1\r\n${HOST}\r\n`, 'either'],
  ['two of them', (mark) => get(mark) + get(mark), 'taken', 2],
  ['a body that GET has', (mark) => get(mark, 'Content-Length: 5') + 'hello', 'taken'],
  ['chunks that GET has', (mark) => get(mark, 'Transfer-Encoding: chunked') + '0\r\n\r\n', 'taken'],
  ['HTTP/1.0 without a host', (mark) => `GET /${mark} HTTP/1.0\r\n\r\n`, 'refused'],
  ['HTTP/1.0', (mark) => `GET /${mark} HTTP/1.0\r\n${HOST}\r\n`, 'taken'],
  [
    'HTTP/1.0 that stays open',
    (mark) => `GET /${mark} HTTP/1.0\r\n${HOST}Connection: keep-alive\r\n\r\n`.repeat(2),
    'taken',
    2,
  ],
  [
    'HTTP/1.0 in chunks',
    (mark) =>
      `POST /${mark} HTTP/1.0\r\n${HOST}Connection: keep-alive\r\nTransfer-Encoding: chunked\r\nContent-Length: ${emptyAndMore(mark).length}\r\n\r\n${emptyAndMore(mark)}`,
    'either',
  ],
  ['no host', (mark) => `GET /${mark} HTTP/1.1\r\n\r\n`, 'refused'],
  ['a method in lower case', (mark) => get(mark).replace('GET', 'get'), 'either'],
  ['a method nobody knows', (mark) => get(mark).replace('GET', 'FROB-2'), 'taken'],
  ['a method with a bracket', (mark) => get(mark).replace('GET', 'GET{'), 'refused'],
  ['a method with a NUL', (mark) => get(mark).replace('GET', 'G\x00ET'), 'refused'],
  ['no method', (mark) => get(mark).replace('GET ', ''), 'refused'],
  ['TRACE', (mark) => get(mark).replace('GET', 'TRACE'), 'refused'],
  ['CONNECT', () => `CONNECT web.localhost:80 HTTP/1.1\r\n${HOST}\r\n`, 'refused'],
  ['CONNECT with a path', (mark) => get(mark).replace('GET', 'CONNECT'), 'refused'],
  ['CONNECT to elsewhere', () => `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n`, 'refused'],
  ['the preface of HTTP/2 and no more', () => 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'refused'],
  ['TLS', () => '\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03', 'refused'],
  ['the PROXY protocol', (mark) => `PROXY TCP4 1.2.3.4 1.2.3.4 1 2\r\n${get(mark)}`, 'refused'],
  ['nothing but blank lines', () => '\r\n'.repeat(50), 'refused'],
  ['many headers', (mark) => get(mark, ...Array.from({ length: 150 }, (_, n) => `X-${n}: 1`)), 'either'],
];

const lines = LINES.map(([name, bytes, is, requests]): Case => ({
  ...{ name: `a request with ${name}`, bytes, is },
  ...(requests !== undefined && { requests }),
}));

const TARGETS: readonly (readonly [string, (mark: string) => string, Case['is']])[] = [
  ['absolute', (mark) => `http://web.localhost/${mark}`, 'taken'],
  ['absolute, of another service', (mark) => `http://other.localhost/${mark}`, 'refused'],
  ['absolute, of nobody', (mark) => `http://evil.example/${mark}`, 'refused'],
  ['absolute, with a user', (mark) => `http://user@web.localhost/${mark}`, 'either'],
  ['absolute, with another port', (mark) => `http://web.localhost:1/${mark}`, 'either'],
  ['absolute, of another scheme', (mark) => `ftp://web.localhost/${mark}`, 'either'],
  ['absolute, without a scheme', (mark) => `//web.localhost/${mark}`, 'either'],
  ['a name without a slash', (mark) => mark, 'refused'],
  ['a name and a port', () => 'web.localhost:80', 'refused'],
  ['a question mark alone', (mark) => `?${mark}`, 'refused'],
  ['a NUL', (mark) => `/${mark}\x00`, 'refused'],
  ['a NUL in percents', (mark) => `/${mark}%00`, 'taken'],
  ['a line in percents', (mark) => `/${mark}%0d%0aX-Evil:%201`, 'taken'],
  ['a fragment', (mark) => `/${mark}#part`, 'either'],
  ['bytes above 127', (mark) => `/${mark}/\xc3\xa4`, 'either'],
  ['a backslash', (mark) => `/${mark}\\..\\x`, 'either'],
  ['a percent that is none', (mark) => `/${mark}/%zz%`, 'either'],
  ['braces and the like', (mark) => `/${mark}/{}|^[]"<>\``, 'either'],
  ['more than is taken', (mark) => `/${mark}/${'a'.repeat(20_000)}`, 'refused'],
];

const targets = TARGETS.map(([name, target, is]): Case => ({
  name: `a target that is ${name}`,
  bytes: (mark) => `GET ${target(mark)} HTTP/1.1\r\n${HOST}\r\n`,
  is,
}));

const HOSTS: readonly (readonly [string, Case['is']])[] = [
  ['Host: web.localhost', 'taken'],
  ['host:web.localhost', 'taken'],
  ['Host: WEB.localhost', 'taken'],
  ['Host: web.localhost:80', 'taken'],
  ['Host: web.localhost:', 'either'],
  ['Host: web.localhost.', 'taken'],
  ['Host: web.localhost.:80', 'taken'],
  ['Host: web.localhost..', 'refused'],
  ['Host: .web.localhost', 'refused'],
  ['Host: web.localhost:80@evil.example', 'refused'],
  ['Host: web.localhost@evil.example', 'refused'],
  ['Host: user@web.localhost', 'refused'],
  ['Host: user:secret@web.localhost', 'refused'],
  ['Host: web.localhost:80:90', 'refused'],
  ['Host: web.localhost:evil.example', 'refused'],
  ['Host: web.localhost:99999999', 'refused'],
  ['Host: evil.example, web.localhost', 'refused'],
  ['Host: web.localhost, evil.example', 'refused'],
  ['Host: evil.example web.localhost', 'refused'],
  ['Host: web.localhost/x', 'refused'],
  ['Host: web.localhost/../other.localhost', 'refused'],
  ['Host: web.localhost?x', 'refused'],
  ['Host: web.localhost#x', 'refused'],
  ['Host: web%2elocalhost', 'refused'],
  ['Host: http://web.localhost', 'refused'],
  ['Host: "web.localhost"', 'refused'],
  ['Host: [::1]', 'refused'],
  ['Host: web.localhost\x00', 'refused'],
  ['Host: web.localhost\x00.evil.example', 'refused'],
  ['Host: web.localhost\xa0', 'refused'],
  ['Host:', 'refused'],
  ['Host : web.localhost', 'refused'],
  [' Host: web.localhost', 'refused'],
  ['Host: evil.example\r\n web.localhost', 'refused'],
  ['Host: web.localhost\r\nHost: other.localhost', 'refused'],
  ['Host: other.localhost\r\nHost: web.localhost', 'refused'],
  ['Host: web.localhost\r\nHost: web.localhost', 'either'],
  ['Host: web.localhost\r\nhost: evil.example', 'refused'],
  ['Host: web.localhost\r\nX-Forwarded-Host: evil.example', 'taken'],
];

const hosts = HOSTS.map(([line, is]): Case => ({
  name: JSON.stringify(line),
  bytes: (mark) => `GET /${mark} HTTP/1.1\r\n${line}\r\n\r\n`,
  is,
}));

export const corpus: readonly Case[] = [
  ...codings,
  ...lengths,
  ...chunked,
  ...headers,
  ...lines,
  ...targets,
  ...hosts,
];
