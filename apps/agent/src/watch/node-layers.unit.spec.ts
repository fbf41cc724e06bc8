import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { layerNames } from '#libs/engine';
import { NodeLayers } from './adapters/node-layers.js';

const digest = (letter: string): string => `sha256:${letter.repeat(64)}`;
const [a, b, c] = ['a', 'b', 'c'].map(digest) as [string, string, string];

function layersUnderTest(images: Readonly<Record<string, readonly string[]>>) {
  const asked: string[] = [];
  const layers = new NodeLayers(async (id) => {
    asked.push(id);
    if (id === 'broken') throw new Error('no answer');
    return images[id];
  });
  return { layers, asked };
}

it('a layer that images share is told once, and each image is asked for once', async () => {
  const { layers, asked } = layersUnderTest({ one: [a, b], two: [a, c], three: [] });
  const all = [...new Set([...layerNames([a, b]), ...layerNames([a, c])])].sort().join('');
  expect(await layers.of(['one', 'two', 'three'])).toBe(all);
  expect(await layers.of(['one', 'two'])).toBe(all);
  expect(await layers.of(['two'])).toBe([...layerNames([a, c])].sort().join(''));
  expect(asked).toEqual(['one', 'two', 'three']);
  await layers.of(['one', 'two']);
  expect(asked.slice(3)).toEqual(['one']);
});

it('an image that has just gone is none, and after one that gets no answer the others are not asked for again', async () => {
  const { layers, asked } = layersUnderTest({ one: [a] });
  expect(await layers.of(['gone', 'one'])).toBe(layerNames([a]).join(''));
  await expect(layers.of(['one', 'broken'])).rejects.toThrow('no answer');
  await layers.of(['one']);
  expect(asked).toEqual(['gone', 'one', 'broken']);
});

it('says nothing of a node with more than 1,000 layers, and of 50 images about 2,000 characters', async () => {
  const layer = (text: string): string => `sha256:${createHash('sha256').update(text).digest('hex')}`;
  /** Each on one of five bases of five layers, with so many layers of its own. */
  const images = (count: number, own: number) =>
    Object.fromEntries(
      Array.from({ length: count }, (_, n) => [
        `image-${n}`,
        [
          ...Array.from({ length: 5 }, (_base, at) => layer(`base ${n % 5} ${at}`)),
          ...Array.from({ length: own }, (_own, at) => layer(`image ${n} ${at}`)),
        ],
      ]),
    );
  const told = (of: ReturnType<typeof images>) => layersUnderTest(of).layers.of(Object.keys(of));
  expect(await told(images(50, 7))).toHaveLength((5 * 5 + 50 * 7) * 6);
  expect(await told(images(97, 10))).toHaveLength((5 * 5 + 97 * 10) * 6);
  expect(await told(images(98, 10))).toBeUndefined();
});
