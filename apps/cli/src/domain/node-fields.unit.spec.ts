import { describe, expect, it } from 'vitest';
import {
  nameOfHost,
  parseDuration,
  parseLabels,
  parseMemory,
  parseSize,
  placeInsteadOfName,
} from './node-fields.js';

describe('labels', () => {
  it('are keys with values, and keys to remove where that is possible', () => {
    expect(parseLabels(['disk=ssd', 'example.com/rack=r-1', 'empty=', 'toString=1'], false)).toEqual({
      set: { disk: 'ssd', 'example.com/rack': 'r-1', empty: '', toString: '1' },
      remove: [],
    });
    expect(parseLabels(['disk-', 'zone=a'], true)).toEqual({ set: { zone: 'a' }, remove: ['disk'] });
  });

  it.each([[['disk=ssd', 'disk-']], [['disk=a', 'disk=b']], [['disk-', 'disk-']]])(
    'of %j the last won without a word',
    (texts) => {
      expect(parseLabels(texts, true)).toEqual({
        expected: '"disk" is named twice; expected each label once',
      });
    },
  );

  it.each([
    ['disk', 'KEY=VALUE'],
    ['disk-', 'KEY=VALUE'],
    ['=ssd', 'a key must be'],
    ['a/b/c=1', 'a key must be'],
    ['Example.com/x=1', 'a key must be'],
    [`${'k'.repeat(64)}=1`, 'a key must be'],
    ['-disk=1', 'a key must be'],
    ['disk=a=b', 'a value must be'],
    ['disk=-x', 'a value must be'],
    [`disk=${'v'.repeat(64)}`, 'a value must be'],
  ])('%s is refused by what it must be', (text, words) => {
    expect(parseLabels([text], false)).toEqual({ expected: expect.stringContaining(words) as string });
  });
});

describe('sizes', () => {
  it.each([
    ['cpus=4,memory=8GiB', { cpus: 4, memoryBytes: 8 * 1024 ** 3 }],
    ['memory=512MiB', { memoryBytes: 512 * 1024 ** 2 }],
    ['memory=1.5g', { memoryBytes: 1.5 * 1024 ** 3 }],
    ['cpus=0.5', { cpus: 0.5 }],
  ])('%s', (text, size) => {
    expect(parseSize(text)).toEqual(size);
  });

  it.each(['', '4', 'cpus', 'cpus=4GiB', 'memory=8', 'memory=8TB', 'cpus=1,cpus=2', 'disk=1GiB', 'cpus=-1'])(
    '%j is refused',
    (text) => {
      expect(parseSize(text)).toMatchObject({
        expected: expect.stringContaining('cpus=4,memory=8GiB') as string,
      });
    },
  );
});

it.each([
  ['90s', 90_000],
  ['10m', 600_000],
  ['2h', 7_200_000],
  ['1d', 86_400_000],
])('%s is a time', (text, ms) => {
  expect(parseDuration(text)).toEqual({ ms });
});

it.each(['10', 'm', '0m', '1.5h', '10 m', '', '31d', '99999d'])('%j is no time', (text) => {
  expect(parseDuration(text)).toHaveProperty('expected');
});

it.each([
  ['web-1.example.com', 'web-1'],
  ['Web_1', 'web-1'],
  ['10.80.0.11', 'node-10-80-0-11'],
  ['fe80::1', 'node-fe80-1'],
  ['---', undefined],
])('the host %s names its node %s', (host, name) => {
  expect(nameOfHost(host)).toBe(name);
});

it('a place is told from a name by what no name has', () => {
  expect(placeInsteadOfName('mybox')).toBeUndefined();
  expect(placeInsteadOfName('ubuntu@10.0.0.5:2222')).toEqual({
    host: '10.0.0.5',
    user: 'ubuntu',
    port: 2222,
  });
  expect(placeInsteadOfName('web.example.com')).toMatchObject({ host: 'web.example.com', user: undefined });
  expect(placeInsteadOfName('[fe80::1]:22')).toMatchObject({ host: 'fe80::1', port: 22 });
});

it('an amount of memory has a unit', () => {
  const bytesOf = (text: string) => parseMemory(text);
  expect(bytesOf('512M')).toEqual({ bytes: 512 * 1_048_576 });
  expect(bytesOf('1.5GiB')).toEqual({ bytes: 1.5 * 1_073_741_824 });
  for (const text of ['4', '4T', 'G', '0M', '-1G', '1e9M'])
    expect(bytesOf(text)).toEqual({ expected: 'expected an amount such as 512M or 4G' });
});
