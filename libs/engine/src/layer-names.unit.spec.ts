import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { layerNames } from './layer-names.js';

const hash = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
/** Its first 36 bits, six at a time. */
function nameOf(digest: string): string {
  const bits = BigInt(`0x${digest.slice(7, 16)}`)
    .toString(2)
    .padStart(36, '0');
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return bits.replace(/.{6}/g, (six) => letters[Number.parseInt(six, 2)] ?? '');
}
const [one, two, three] = ['one', 'two', 'three'].map(hash) as [string, string, string];

it('a layer is named by the first 36 bits of its chain id, in base64url', () => {
  const chain = hash(`${one} ${two}`);
  expect(layerNames([one, two, three])).toEqual([one, chain, hash(`${chain} ${three}`)].map(nameOf));
  expect(layerNames([])).toEqual([]);
});

it('the same layer on another one has another name', () => {
  const [, above] = layerNames([one, two]);
  const [alone] = layerNames([two]);
  expect(above).not.toBe(alone);
  expect(layerNames([one, two, three]).slice(0, 2)).toEqual(layerNames([one, two]));
});
