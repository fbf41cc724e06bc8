import { expect, it } from 'vitest';
import { plainPaint as plain } from './progress-lines.js';
import { certificateLines, isWell } from './certificate-lines.js';

const served = {
  ...{ names: ['shop.example.com'], source: 'acme', served: true, issuer: 'R11' },
  ...{ expiresAt: '2027-01-31T10:00:00.000Z', renewsAt: '2027-01-01T09:00:00.000Z' },
};

it('certificates are a table; those that are missing, and those that were not renewed, follow with their reason', () => {
  const error = { code: 'ACME_CHALLENGE_FAILED', message: 'no answer' };
  const all = [
    served,
    {
      names: ['blocked.example.com'],
      source: 'acme',
      served: false,
      error,
      nextTryAt: '2026-12-01T00:00:00.000Z',
    },
    { names: ['new.example.com'], source: 'acme', served: false },
    { ...served, names: ['a.test', 'b.test', 'c.test'], source: 'file', issuer: 'Mine', renewsAt: undefined },
  ];
  expect(certificateLines(all, plain)).toEqual([
    '   NAME                       SOURCE  ISSUER  EXPIRES     RENEWS',
    '✔  shop.example.com           acme    R11     2027-01-31  2027-01-01',
    '✖  blocked.example.com        acme    -       -           -',
    '✖  new.example.com            acme    -       -           -',
    '✔  a.test, b.test and 1 more  file    Mine    2027-01-31  -',
    '',
    'blocked.example.com: no answer (ACME_CHALLENGE_FAILED). Next try: 2026-12-01T00:00:00.000Z.',
    'new.example.com: the authority is being asked.',
  ]);
  expect(all.filter(isWell).length).toBe(2);
});

it('without any it says what to set', () => {
  expect(certificateLines([], plain)).toEqual([expect.stringContaining('GATEWAY_LISTEN_TLS')]);
});
