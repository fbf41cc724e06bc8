import { describe, expect, it } from 'vitest';
import { isPep440Range, versionParts } from './pep440.js';
import { fitsWish } from './version-fit.js';

const fits = (scheme: 'exact' | 'pep440' | 'semver', version: string, text: string) =>
  fitsWish(versionParts(version) ?? [], { text, by: 'a file', scheme });

describe('an image of 3.11', () => {
  it.each([
    '>=3.10,<4',
    '^3.11',
    '^3.10',
    '~=3.11',
    '~=3.10',
    '~=3.11.2',
    '==3.11.*',
    '3.11.*',
    '3.x',
    '3.11.4',
    '3.11',
    '3',
    '~3.11',
    '>3.10',
    '>3.11',
    '>=3.11.5',
    '<=3.11',
    '<3.11.5',
    '!=3.11.0',
    '!=3.10.*,>=3.8',
    '>= 3.10, < 3.14',
    '>=3.8 <4.0',
    '>=3.6,<3.7 || >=3.9',
    '*',
    '',
    '===3.11.4',
    '>=3.11.0rc1',
    'v3.11',
  ])('fits the range %s', (range) => {
    expect(fits('pep440', '3.11', range)).toBe(true);
  });

  it.each([
    '>=3.12',
    '>=3.13',
    '<3.11',
    '<3.11.0',
    '^3.12',
    '~=3.12.0',
    '~3.10',
    '==3.10.*',
    '!=3.11.*',
    '3.10',
    '2.7',
    '>3.12,<4',
    '>=3.6,<3.7 || >=3.12',
    '>=3.11.5,<3.11.5',
    'three',
    '>=3.10 and more',
  ])('does not fit the range %s', (range) => {
    expect(fits('pep440', '3.11', range)).toBe(false);
  });

  it.each([
    ['3.11', true],
    ['3.11.9', true],
    ['3', true],
    ['3.1', false],
    ['3.12', false],
    ['3.11.0rc1', false],
    ['pypy3.11', false],
  ])('as the exact version %s: %s', (text, expected) => {
    expect(fits('exact', '3.11', text)).toBe(expected);
  });
});

it('knows the whole version where the tag says it', () => {
  expect(fits('pep440', '3.11.4', '>=3.11.5')).toBe(false);
  expect(fits('pep440', '3.11.4', '>3.11.3,!=3.11.5')).toBe(true);
  expect(fits('exact', '3.11.4', '3.11.5')).toBe(false);
});

it.each([
  ['24', '>=20', true],
  ['24', '^22 || ^24', true],
  ['24', '20.x', false],
  ['24', '24.21.0', true],
  ['24.1', '^24.2.0', false],
  ['22.11.0', '>=22.12', false],
  ['24', '', true],
  ['24', 'lts/*', false],
])('an image of Node.js %s and the range of semver "%s": %s', (version, range, expected) => {
  expect(fits('semver', version, range)).toBe(expected);
});

it('says whether a range can be read', () => {
  expect(isPep440Range('>=3.8,<4')).toBe(true);
  expect(isPep440Range('latest')).toBe(false);
});
