import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { corpus } from './corpus.js';
import { isWhole } from '../short-form.js';
import { startThreeServices, type ThreeServices } from './gateway-alone.js';
import type { RawRequest } from './raw-instance.js';
import { sendRaw, statusesIn } from './raw-client.js';
import { serviceOf, wrongAt } from './seen.js';

const RUNS = isWhole('gateway') ? 20_000 : 400;
/** So many connections at once: a case takes a millisecond or two, most of which is waiting. */
const AT_ONCE = 20;
const TEST_MS = isWhole('gateway') ? 900_000 : 60_000;

let services: ThreeServices;
beforeAll(async () => {
  services = await startThreeServices();
});
afterAll(() => services.stop());

const all = () => Object.values(services.instances);

function forget(): void {
  for (const instance of all()) {
    instance.requests.length = 0;
    instance.broken.length = 0;
  }
}

/** Nothing that an instance got is wrong; each answer of 200 is one of theirs, and none is a 5xx. */
function expectClean(received: readonly string[]): void {
  const statuses = received.flatMap(statusesIn);
  expect(all().flatMap(({ broken }) => broken)).toEqual([]);
  expect(all().flatMap((instance) => wrongAt(instance))).toEqual([]);
  expect(statuses.filter((status) => status >= 500)).toEqual([]);
  const seen = all().reduce((sum, { requests }) => sum + requests.length, 0);
  // A client that has lost its patience gets no answer any more.
  expect(statuses.filter((status) => status === 200).length).toBeLessThanOrEqual(seen);
}

const chosenFrom = (characters: string, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...characters), minLength: 1, maxLength });

const printable = Array.from({ length: 94 }, (_, n) => String.fromCharCode(33 + n)).join('');
const path = fc
  .array(
    fc.oneof(
      fc.constantFrom('api', 'apix', '..', '.', '..;', '%2e%2e', '%2f', '', '%00', 'API', '%61pi', ';', '~'),
      chosenFrom(printable.replace(/[/?#"<>\\^`{|}]/g, ''), 12),
    ),
    { maxLength: 6 },
  )
  .map((segments) => `/${segments.join('/')}`);
const query = fc.oneof(
  fc.constant(''),
  chosenFrom(printable, 20).map((text) => `?${text.replaceAll('#', '')}`),
);
/** The gateway sets or leaves out others of these names. */
const name = chosenFrom("!$%&'*+.^`|~0123456789abcXYZ-", 12).map((text) => `x-a${text}`);
const value = chosenFrom(`${printable}${printable} \xe4\xff`, 60).map((text) => text.trim());
const message = fc.record({
  path,
  query,
  host: fc.constantFrom('web.localhost', 'WEB.localhost:8080', 'other.localhost', 'oTher.localhost.'),
  headers: fc.array(fc.tuple(name, value), { maxLength: 8 }),
  body: fc.option(chosenFrom(`${printable}\r\n\0\xff`, 200), { nil: undefined }),
});

it(
  'paths, headers and bodies reach the instance of their service as they were sent, whatever is in them',
  async () => {
    const property = fc.asyncProperty(
      fc.array(message, { minLength: AT_ONCE, maxLength: AT_ONCE }),
      async (messages) => {
        forget();
        const sent = messages.map(({ host, path: at, query: asked, headers, body }, index) => {
          const lines = headers.map(([key, text]) => `${key}: ${text}\r\n`).join('');
          const length = body === undefined ? '' : `Content-Length: ${body.length}\r\n`;
          const start = `${body === undefined ? 'GET' : 'POST'} ${at}${asked} HTTP/1.1`;
          const head = `${start}\r\nHost: ${host}\r\nX-Number: ${index}\r\n${lines}${length}`;
          return { start, body, bytes: `${head}\r\n${body ?? ''}`, lines: headers };
        });
        const received = await Promise.all(
          sent.map(({ bytes }) => sendRaw(services.port, bytes, { patienceMs: 10_000 })),
        );
        expect(received.map(statusesIn)).toEqual(sent.map(() => [200]));
        const got = new Map(
          all().flatMap(({ requests }) => requests.map((request) => [numberOf(request), request] as const)),
        );
        for (const [index, { start, body = '', lines }] of sent.entries()) {
          const request = got.get(index);
          const expected = [start, body, lines.map(([key, text]) => `${key}: ${text}`.toLowerCase())];
          expect([firstLine(request), request?.body, ownLines(request)]).toEqual(expected);
        }
        expectClean(received);
      },
    );
    await fc.assert(property, { numRuns: RUNS / AT_ONCE });
  },
  TEST_MS,
);

const firstLine = (request: RawRequest | undefined): string => request?.head.split('\r\n', 1)[0] ?? '';
const numberOf = ({ head }: RawRequest): number => Number(/^x-number: (\d+)$/im.exec(head)?.[1]);
const ownLines = (request: RawRequest | undefined): readonly string[] =>
  (request?.head.toLowerCase().split('\r\n') ?? []).filter((line) => line.startsWith('x-a'));

/** What parsers stumble over. */
const bytes = fc.constantFrom(
  ...[
    '\r',
    '\n',
    '\r\n',
    '\r\n\r\n',
    '\0',
    ' ',
    '\t',
    ':',
    ';',
    ',',
    '"',
    '\\',
    '/',
    '?',
    '#',
    '%',
    '@',
    '\xff',
  ],
  ...[
    '0',
    '1',
    '-',
    '+',
    'chunked',
    'Content-Length: 5\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Host: x\r\n',
  ],
  ...[
    'X-Forwarded-For: 1\r\n',
    'http://other.localhost',
    'GET / HTTP/1.1\r\n',
    'Connection: x-request-id\r\n',
  ],
);
const change = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  cut: fc.integer({ min: 0, max: 3 }),
  bytes,
});
const broken = fc.record({
  from: fc.integer({ min: 0, max: corpus.length - 1 }),
  changes: fc.array(change, { minLength: 1, maxLength: 4 }),
});

it(
  'requests with bytes taken out and put in are refused, or read in one way only',
  async () => {
    const property = fc.asyncProperty(
      fc.array(broken, { minLength: AT_ONCE, maxLength: AT_ONCE }),
      async (requests) => {
        forget();
        const sent = requests.map(({ from, changes }) =>
          changes.reduce(
            (text, { at, cut, bytes: put }) => {
              const place = Math.floor(at * text.length);
              return text.slice(0, place) + put + text.slice(place + cut);
            },
            corpus[from]?.bytes(`fuzz-${from}-`) ?? '',
          ),
        );
        expectClean(await Promise.all(sent.map((text) => sendRaw(services.port, text, { patienceMs: 300 }))));
      },
    );
    await fc.assert(property, { numRuns: RUNS / AT_ONCE });
  },
  TEST_MS,
);

it('serviceOf: the fuzz would find a request at the wrong service', () => {
  const at = (host: string, target: string) =>
    serviceOf({ head: `GET ${target} HTTP/1.1\r\nHost: ${host}`, body: '', trailers: [] });
  expect(at('web.localhost', '/api/x?y')).toBe('api');
  expect(at('WEB.localhost.:80', 'http://web.localhost/apix')).toBe('web');
  expect(at('other.localhost', '/api')).toBe('other');
  expect(at('web.localhost.evil', '/')).toBe(undefined);
});
