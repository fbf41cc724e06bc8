import { describe, expect, it } from 'vitest';
import { certifiable, certifiablePatterns, HOST_PATTERN, isChosen, isHostName } from './host-names.js';

describe('hosts that an authority is asked for', () => {
  const hosts = [
    ...['shop.example.com', 'example.com', 'localhost', 'web.shop.localhost', '10.0.0.1', 'node-1'],
    ...['printer.local', 'x.test', 'a_b.example.com', 'gateway.corp.internal'],
  ];

  it('are the public ones, never this machine, an address or what no certificate can be for', () => {
    expect(certifiable(hosts, [])).toEqual(['shop.example.com', 'example.com']);
  });

  it('are those that patterns choose, also private ones of an authority of one’s own', () => {
    expect(certifiable(hosts, ['**.internal', '*.localhost', '**.localhost', '10.0.0.1'])).toEqual([
      'gateway.corp.internal',
    ]);
    expect(certifiable(hosts, ['*.example.com', '!shop.example.com'])).toEqual([]);
  });
});

it('patterns that an authority would be asked for are those of public names, or those that are chosen', () => {
  const hosts = ['*.shop.example.com', '*.shop.localhost', 'a.example.com', '*.corp.internal'];
  expect(certifiablePatterns(hosts, [])).toEqual(['*.shop.example.com']);
  expect(certifiablePatterns(hosts, ['**.internal'])).toEqual(['*.corp.internal']);
});

it.each([
  ['example.com', ['example.com'], true],
  ['a.example.com', ['example.com'], false],
  ['a.example.com', ['*.example.com'], true],
  ['b.a.example.com', ['*.example.com'], false],
  ['b.a.example.com', ['**.example.com'], true],
  ['example.com', ['**.example.com'], false],
  ['notexample.com', ['**.example.com', '*.example.com'], false],
  ['x.example.com', ['**.example.com', '!x.example.com'], false],
  ['x.example.com', ['!x.example.com', '**.example.com'], true],
])('%s is chosen by %j: %s', (host, patterns, expected) => {
  expect(isChosen(host, patterns)).toBe(expected);
});

it('a pattern is a host name with `*.` or `**.` before it', () => {
  const good = ['example.com', '*.example.com', '!**.example.com', 'localhost'];
  const bad = ['', '*', '*.', 'a.*.com', 'https://example.com', 'Example.com', '-a.com', 'a..com', '!!a.com'];
  expect([...good, ...bad].filter((pattern) => HOST_PATTERN.test(pattern))).toEqual(good);
});

it('a host name has labels of letters, digits and inner hyphens, and does not end like an address', () => {
  const bad = ['1.2.3.4', '::1', 'a_b.com', '-a.com', `${'a'.repeat(64)}.com`, `${'a.'.repeat(126)}abc`, ''];
  expect(['a.com', 'xn--bcher-kva.example', 'localhost'].every(isHostName)).toBe(true);
  expect(bad.filter(isHostName)).toEqual([]);
});
