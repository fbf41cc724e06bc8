import { expect, it } from 'vitest';
import type { Certificate } from './certificate.js';
import { listed } from './listed.js';

const DAY = 86_400_000;
const certificate = (source: Certificate['source'], ...names: readonly string[]): Certificate => ({
  ...{ id: names[0] ?? '', source, names, issuer: 'Somebody', pem: '' },
  ...{ notBeforeMs: 0, notAfterMs: 90 * DAY },
});
const failed = { code: 'ACME_REFUSED', message: 'no', atMs: 5 };

it('lists what is served and what is missing by name, each with what failed last', () => {
  const all = listed({
    served: [
      certificate('acme', 'b.example.com'),
      certificate('file', '*.own.example.com'),
      certificate('self-signed', 'c.localhost'),
    ],
    problems: [
      {
        ...{ file: '/tls/a.pem', isServed: true },
        error: Object.assign(new Error('is encrypted'), { code: 'CERTIFICATE_KEY_WRONG' }),
      },
    ],
    ordered: ['b.example.com', 'd.example.com', 'e.example.com'],
    unordered: [],
    states: [
      { host: 'b.example.com', nextMs: 9, lastError: failed },
      { host: 'd.example.com', nextMs: 9, lastError: failed },
      { host: 'e.example.com', nextMs: 0 },
    ],
  });
  expect(all.map(({ names, source, isServed }) => [names[0], source, isServed])).toEqual([
    ['*.own.example.com', 'file', true],
    ['/tls/a.pem', 'file', false],
    ['b.example.com', 'acme', true],
    ['c.localhost', 'self-signed', true],
    ['d.example.com', 'acme', false],
    ['e.example.com', 'acme', false],
  ]);
  expect(all.map(({ error, nextTryMs }) => [error?.code, nextTryMs])).toEqual([
    [undefined, undefined],
    ['CERTIFICATE_KEY_WRONG', undefined],
    ['ACME_REFUSED', 9],
    [undefined, undefined],
    ['ACME_REFUSED', 9],
    [undefined, undefined],
  ]);
  expect(all.filter(({ renewsMs }) => renewsMs !== undefined).map(({ names }) => names[0])).toEqual([
    ...['b.example.com', 'c.localhost'],
  ]);
});

it('a pattern of a route that an authority does not sign for was not listed as missing', () => {
  const input = { problems: [], ordered: [], unordered: ['*.shop.example.com'], states: [] };
  expect(listed({ ...input, served: [certificate('acme', 'a.shop.example.com')] })[0]).toMatchObject({
    ...{ names: ['*.shop.example.com'], source: 'acme', isServed: false },
    error: { code: 'ACME_PATTERN', message: expect.stringContaining('only by a challenge in DNS') as string },
  });
  // As where this machine signs for it.
  expect(listed({ ...input, served: [certificate('self-signed', '*.shop.example.com')] })).toHaveLength(1);
});
