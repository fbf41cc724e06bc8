import { connect as connectTcp } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { startThreeServices, type ThreeServices } from './gateway-alone.js';
import { type Http2Request, http2Bytes } from './http2-frames.js';
import { ask } from '../../apps/gateway/src/data-plane/haproxy.testing.js';
import { markedBy, wrongAt } from './seen.js';

type Headers = Http2Request['headers'];

interface Http2Case {
  readonly name: string;
  readonly request: (mark: string) => Http2Request;
  readonly is: 'refused' | 'taken' | 'either';
}

const pseudo = (mark: string, more: Readonly<Record<string, string>> = {}): Headers =>
  Object.entries({
    ':method': 'GET',
    ':scheme': 'http',
    ':authority': 'web.localhost',
    ':path': `/${mark}`,
    ...more,
  });
const withPseudo = (
  name: string,
  more: (mark: string) => Readonly<Record<string, string>>,
  is: Http2Case['is'],
) => ({
  ...{ name, is },
  request: (mark: string) => ({ headers: pseudo(mark, more(mark)) }),
});
const withHeader = (name: string, value: string, is: Http2Case['is']): Http2Case => ({
  ...{ name: JSON.stringify(`${name}: ${value}`), is },
  request: (mark) => ({ headers: [...pseudo(mark), [name, value]] }),
});
const withBody = (name: string, lines: Headers, body: string, is: Http2Case['is']): Http2Case => ({
  ...{ name, is },
  request: (mark) => ({ headers: [...pseudo(mark, { ':method': 'POST' }), ...lines], body }),
});
const EVIL = '\r\nX-Forwarded-For: 1.2.3.4\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: web.localhost\r\n\r\n';

const cases: readonly Http2Case[] = [
  withPseudo('in order', () => ({}), 'taken'),
  withPseudo('a path with a new line', (mark) => ({ ':path': `/${mark} HTTP/1.1${EVIL}` }), 'refused'),
  withPseudo('a path with a line feed', (mark) => ({ ':path': `/${mark}\nX: 1` }), 'refused'),
  withPseudo('a path with a space', (mark) => ({ ':path': `/${mark} HTTP/1.1` }), 'refused'),
  withPseudo('a path with a NUL', (mark) => ({ ':path': `/${mark}\0` }), 'refused'),
  withPseudo('a path with a fragment', (mark) => ({ ':path': `/${mark}#x` }), 'either'),
  withPseudo('a path without a slash', (mark) => ({ ':path': mark }), 'refused'),
  withPseudo('an absolute path', (mark) => ({ ':path': `http://other.localhost/${mark}` }), 'refused'),
  withPseudo('an empty path', () => ({ ':path': '' }), 'refused'),
  withPseudo(
    'a method with a new line',
    (mark) => ({ ':method': `GET /${mark} HTTP/1.1${EVIL}` }),
    'refused',
  ),
  withPseudo('a method with a space', (mark) => ({ ':method': `GET /${mark}` }), 'refused'),
  withPseudo('an empty method', () => ({ ':method': '' }), 'refused'),
  withPseudo('CONNECT with a path', () => ({ ':method': 'CONNECT' }), 'refused'),
  withPseudo('a scheme with a new line', () => ({ ':scheme': `http${EVIL}` }), 'refused'),
  withPseudo('a scheme with a path', () => ({ ':scheme': 'http://other.localhost/' }), 'refused'),
  withPseudo('https, which it is not', () => ({ ':scheme': 'https' }), 'either'),
  withPseudo('a host with a new line', () => ({ ':authority': `web.localhost${EVIL}` }), 'refused'),
  withPseudo('a host with a NUL', () => ({ ':authority': 'web.localhost\0' }), 'refused'),
  withPseudo('a host with a space', () => ({ ':authority': 'web.localhost x' }), 'refused'),
  withPseudo('a host with a user', () => ({ ':authority': 'x@web.localhost' }), 'refused'),
  withPseudo(
    'a host with another behind @',
    () => ({ ':authority': 'web.localhost:80@evil.example' }),
    'refused',
  ),
  withPseudo('a host with a path', () => ({ ':authority': 'web.localhost/x' }), 'refused'),
  withPseudo('an empty host', () => ({ ':authority': '' }), 'refused'),
  withPseudo('an unknown name', () => ({ ':evil': '1' }), 'refused'),
  {
    ...{ name: 'no host', is: 'refused' },
    request: (mark) => ({ headers: pseudo(mark).filter(([name]) => name !== ':authority') }),
  },
  {
    ...{ name: 'two paths', is: 'refused' },
    request: (mark) => ({ headers: [...pseudo(mark), [':path', `/api/${mark}`]] }),
  },
  {
    ...{ name: 'a header before the path', is: 'refused' },
    request: (mark) => ({ headers: [['x-a', '1'], ...pseudo(mark)] }),
  },
  withHeader('host', 'other.localhost', 'either'),
  withHeader('host', `x${EVIL}`, 'refused'),
  withHeader('x-a', `1${EVIL}`, 'refused'),
  withHeader('x-a', '1\n2', 'refused'),
  withHeader('x-a', '1\r2', 'refused'),
  withHeader('x-a', '1\x002', 'refused'),
  withHeader('x-a\r\nx-b', '1', 'refused'),
  withHeader('x-a: 1\r\nx-b', '1', 'refused'),
  withHeader('x a', '1', 'refused'),
  withHeader('X-A', '1', 'refused'),
  withHeader('', '1', 'refused'),
  withHeader('transfer-encoding', 'chunked', 'refused'),
  withHeader('connection', 'x-request-id', 'refused'),
  withHeader('upgrade', 'h2c', 'either'),
  withHeader('te', 'trailers', 'taken'),
  withHeader('cookie', 'a=1', 'taken'),
  withHeader('x-forwarded-for', '1.2.3.4', 'taken'),
  withHeader('x_forwarded_for', '1.2.3.4', 'taken'),
  withHeader('x-request-id', 'mine', 'taken'),
  withBody('a body', [], 'hello', 'taken'),
  withBody('a body and its length', [['content-length', '5']], 'hello', 'taken'),
  withBody(
    'a body that is longer than it says',
    [['content-length', '0']],
    'GET /smuggled HTTP/1.1\r\n\r\n',
    'refused',
  ),
  withBody('a body that is shorter than it says', [['content-length', '50']], 'hello', 'refused'),
  withBody(
    'a body and two lengths',
    [
      ['content-length', '5'],
      ['content-length', '0'],
    ],
    'hello',
    'refused',
  ),
  withBody(
    'a body and a coding',
    [['transfer-encoding', 'chunked']],
    '0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n',
    'refused',
  ),
];

const markOf = (index: number): string => `http2-${index}-`;

let services: ThreeServices;
beforeAll(async () => {
  services = await startThreeServices();
  await Promise.all(cases.map(({ request }, index) => send(http2Bytes(request(markOf(index))))));
});
afterAll(() => services.stop());

/** Until it has been answered: the gateway keeps such a connection open, so what it says last is awaited. */
async function send(bytes: Buffer): Promise<void> {
  const socket = connectTcp(services.port, '127.0.0.1');
  let received = Buffer.alloc(0);
  socket.on('data', (part: Buffer) => (received = Buffer.concat([received, part])));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await until('an answer', () => socket.destroyed || socket.readableEnded || hasAnswer(received)).finally(
    () => socket.destroy(),
  );
}

const RST_STREAM = 3;
const GOAWAY = 7;
/** The stream is over: with its last frame, by a reset, or with the whole connection. */
function hasAnswer(bytes: Buffer): boolean {
  for (let at = 0; at + 9 <= bytes.length; at += 9 + bytes.readUIntBE(at, 3)) {
    const [type, flags, stream] = [bytes[at + 3], bytes[at + 4] ?? 0, bytes.readUInt32BE(at + 5)];
    if (type === RST_STREAM || type === GOAWAY) return true;
    if (stream === 1 && (type === 0 || type === 1) && (flags & 1) === 1) return true;
  }
  return false;
}

describe('over HTTP/2', () => {
  it.each(cases.map((one, index) => [one.name, one, index] as const))('%s', (_, { is }, index) => {
    const { web, api, other } = services.instances;
    const mark = markOf(index);
    const seen = [web, api, other].flatMap((instance) => markedBy(instance, mark));
    expect([web, api, other].flatMap((instance) => wrongAt(instance, markedBy(instance, mark)))).toEqual([]);
    if (is === 'taken') expect(markedBy(web, mark)).toHaveLength(1);
    if (is === 'refused') expect(seen).toEqual([]);
  });

  it('nothing else reached an instance, and all of them go on', async () => {
    const all = Object.values(services.instances);
    expect(all.flatMap(({ broken }) => broken)).toEqual([]);
    expect(all.flatMap((one) => one.requests).filter(({ head }) => head.includes('smuggled'))).toEqual([]);
    for (const one of all) {
      const answer = await ask({ port: services.port, host: 'web.localhost', path: `/last-${one.name}` });
      expect(answer.status).toBe(200);
    }
  });
});
