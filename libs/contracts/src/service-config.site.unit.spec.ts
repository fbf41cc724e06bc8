import { describe, expect, it } from 'vitest';
import { ConfigFileError, parseServiceConfig } from './service-config.js';

const parse = (fields: object) =>
  parseServiceConfig(JSON.stringify({ runtime: 'static', port: 8080, ...fields }));

function problemFields(fields: object): readonly string[] {
  try {
    parse(fields);
    return [];
  } catch (error) {
    if (error instanceof ConfigFileError) return error.problems.map(({ field }) => field);
    throw error;
  }
}

it('secrets of a site reached no build and no visitor: they are refused', () => {
  expect(problemFields({ secrets: { VITE_API_KEY: 'api-key' } })).toEqual(['secrets']);
  expect(problemFields({ buildSecrets: { VITE_API_KEY: 'api-key' } })).toEqual([]);
});

describe('the fields of a site', () => {
  it('are read', () => {
    const read = parse({
      output: './dist/',
      fallback: '/index.html',
      headers: { '/assets/*': { 'Cache-Control': 'max-age=60' } },
      redirects: [
        { from: '/a', to: '/b' },
        { from: '/c/*', to: 'https://example.org/*', status: 308 },
      ],
    });
    expect(read).toMatchObject({
      output: 'dist',
      fallback: 'index.html',
      headers: { '/assets/*': { 'Cache-Control': 'max-age=60' } },
      redirects: [
        { from: '/a', to: '/b', status: 301 },
        { from: '/c/*', to: 'https://example.org/*', status: 308 },
      ],
    });
    expect(parse({ output: './' }).output).toBe('.');
    expect(parse({ output: '.output/public' }).output).toBe('.output/public');
  });

  it.each(['/etc', '../x', 'a/../../b', 'a"b', 'a;b', 'a$b', 'a\nb', '', 'a{b', '-a', 'b/-a', "a'b", 'a\\b'])(
    'output and fallback stay within the source and hold nothing that a shell or a web server knows: %j',
    (path) => {
      expect(problemFields({ output: path })).toEqual(['output']);
      expect(problemFields({ fallback: path.replace(/^\//, '//') })).toEqual(['fallback']);
    },
  );

  it.each(['a', '/a b', '/a"', '/a{', '/a\n', '/$a', '/a\\', '/(?{x})', '/~^'])(
    'a pattern of a path is plain: %j',
    (pattern) => expect(problemFields({ headers: { [pattern]: { 'X-A': 'b' } } })).toHaveLength(1),
  );

  it.each(['Content-Length', 'transfer-encoding', 'Location', 'X A', 'X:A', 'X\n', '', '$x', 'Content-Type'])(
    'a header that is none, or that the web server sets: %j',
    (name) => expect(problemFields({ headers: { '/*': { [name]: 'b' } } })).toHaveLength(1),
  );

  it.each(['a\nb', 'a\rb', 'ü', 'a\0', '\u2028'])('a value of a header is one line of ASCII: %j', (value) =>
    expect(problemFields({ headers: { '/*': { 'X-A': value } } })).toHaveLength(1),
  );

  it.each<readonly [string, object]>([
    ['another host by its slashes', { from: '/a', to: '//evil.example' }],
    ['another host by a backslash', { from: '/a', to: '/\\evil.example' }],
    ['another host by what is appended', { from: '/a/*', to: 'https://good.example*' }],
    ['a script', { from: '/a', to: 'javascript:alert(1)' }],
    ['a user in the address', { from: '/a', to: 'https://good.example@evil.example/' }],
    ['a quote', { from: '/a', to: '/b"; } server {' }],
    ['a variable', { from: '/a', to: '/$request_uri' }],
    ['a line break', { from: '/a', to: '/b\nSet-Cookie: c' }],
    ['a rest that there is not', { from: '/a', to: '/b/*' }],
    ['an open end within a name', { from: '/a*', to: '/b' }],
    ['itself', { from: '/a', to: '/a?b' }],
    ['below itself', { from: '/a/*', to: '/a/b/*' }],
    ['a status that is none', { from: '/a', to: '/b', status: 200 }],
  ])('a redirect to %s is refused', (_what, redirect) => {
    expect(problemFields({ redirects: [redirect] })).toHaveLength(1);
  });
});
