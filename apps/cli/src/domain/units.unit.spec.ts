import { expect, it } from 'vitest';
import { ageText, bytesOfText, bytesText, coresText, rateText, shareOf, shareText } from './units.js';

const KIB = 1024;
const GIB = KIB ** 3;

it.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1023.9, '1.0 KiB'],
  [12_400, '12.1 KiB'],
  [99.96 * KIB, '100 KiB'],
  [1023.4 * KIB, '1023 KiB'],
  [1023.6 * KIB, '1.0 MiB'],
  [60 * GIB, '60.0 GiB'],
  [5000 * KIB ** 5, '5000 PiB'],
  [null, '-'],
])('%s bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

it.each([
  [0.2 * GIB, 8 * GIB, ' 0.2 of 8.0 GiB'],
  [3 * GIB, 8 * GIB, ' 3.0 of 8.0 GiB'],
  [70 * KIB ** 2, 128 * KIB ** 2, '70.0 of 128 MiB'],
  [70 * KIB ** 2, null, '70.0 MiB'],
  [null, 8 * GIB, '-'],
])('%s bytes of %s are %s', (bytes, total, text) => {
  expect(bytesOfText(bytes, total)).toBe(text);
});

it('has cores, shares, rates and ages', () => {
  expect([coresText(0.734, 4), coresText(0.2, 0.25), coresText(12, null), coresText(9.5, 16)]).toEqual([
    '0.73 of 4',
    '0.20 of 0.25',
    '12.00',
    ' 9.50 of 16',
  ]);
  expect([shareOf(1, 4), shareOf(null, 4), shareOf(1, 0)].map(shareText)).toEqual(['25 %', '-', '-']);
  expect([rateText(2048), rateText(null)]).toEqual(['2.0 KiB/s', '-']);
  expect([null, 0, 59_999, 60_000, 7_200_000].map(ageText)).toEqual(['-', '0 s', '59 s', '1 min', '2 h']);
});
