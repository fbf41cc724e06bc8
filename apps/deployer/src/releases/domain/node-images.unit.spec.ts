import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFuller, type Need, type NeededImage, type NodeImage, removableFrom } from './node-images.js';

const ref = (name: string, service = 'web'): string => `host/shop/${service}@sha256:${name}`;
const image = (name: string, more: Partial<NodeImage> = {}): NodeImage => ({
  ...{ id: `id-${name}`, digests: [ref(name)], tags: [] },
  ...more,
});
const needed = (name: string, need: Need, usedAt = 0): NeededImage => ({ image: ref(name), need, usedAt });

function removable(
  images: readonly NodeImage[],
  of: readonly NeededImage[],
  usedIds: readonly string[] = [],
): { readonly surplus: readonly string[]; readonly spare: readonly string[] } {
  const { surplus, spare } = removableFrom({ images, needed: of, usedIds: new Set(usedIds) });
  return { surplus: surplus.map(({ id }) => id), spare: spare.map(({ id }) => id) };
}

describe('images on a node', () => {
  it('go where no release needs them, and stay where one runs or may be rolled back to', () => {
    const names = ['a', 'b', 'c', 'd'];
    const of = (['nothing', 'rollback', 'wanted', 'now'] as const).map((need, n) =>
      needed(names[n] ?? '', need),
    );
    expect(
      removable(
        names.map((name) => image(name)),
        of,
      ),
    ).toEqual({ surplus: ['id-a'], spare: ['id-b', 'id-c'] });
  });

  it('go for room oldest first, and what is wanted elsewhere after all that could be rolled back to', () => {
    const of = [
      needed('wanted-old', 'wanted', 1),
      needed('newer', 'rollback', 30),
      needed('older', 'rollback', 20),
      needed('wanted-new', 'wanted', 2),
    ];
    const images = of.map(({ image: of }) => image(of.slice(of.indexOf('sha256:') + 7)));
    expect(removable(images, of).spare).toEqual(['id-older', 'id-newer', 'id-wanted-old', 'id-wanted-new']);
  });

  it('are not ours where no release is known of them, whatever their labels say', () => {
    expect(removable([image('derived')], [])).toEqual({ surplus: [], spare: [] });
    expect(removable([image('committed', { digests: [] })], [])).toEqual({ surplus: [], spare: [] });
  });

  it('are not ours alone where somebody gave them a tag, or pulled them from elsewhere', () => {
    const of = [needed('a', 'nothing'), needed('b', 'nothing')];
    const images = [
      image('a', { tags: ['stranger/copy:1'] }),
      image('b', { digests: [ref('b'), 'mirror/shop/web@sha256:b'] }),
    ];
    expect(removable(images, of)).toEqual({ surplus: [], spare: [] });
  });

  it('may have more digests in our repository, as Podman lists that of an index', () => {
    const listed = image('a', { digests: [ref('a'), ref('index')] });
    expect(removable([listed], [needed('a', 'nothing')]).surplus).toEqual(['id-a']);
  });

  it('that two releases have are needed as much as one of them is', () => {
    const shared = image('a', { digests: [ref('a'), ref('a', 'api')] });
    const other = (need: Need): NeededImage => ({ image: ref('a', 'api'), need, usedAt: 0 });
    expect(removable([shared], [needed('a', 'nothing'), other('now')])).toEqual({ surplus: [], spare: [] });
    expect(removable([shared], [needed('a', 'nothing'), other('nothing')]).surplus).toEqual(['id-a']);
  });

  it('that a container uses stay, also a stopped one of somebody else', () => {
    expect(removable([image('a')], [needed('a', 'nothing')], ['id-a'])).toEqual({ surplus: [], spare: [] });
  });

  const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
  const arbitraryImages = fc.uniqueArray(
    fc.record({
      id: name,
      digests: fc.uniqueArray(
        fc.oneof(
          name.map((of) => ref(of)),
          name.map((of) => `mirror/${ref(of)}`),
        ),
        { maxLength: 3 },
      ),
      tags: fc.array(fc.constant('stranger/copy:1'), { maxLength: 1 }),
    }),
    { selector: ({ id }) => id },
  );
  const arbitraryNeeded = fc.array(
    fc.record({
      image: name.map((of) => ref(of)),
      need: fc.constantFrom<Need[]>('now', 'wanted', 'rollback', 'nothing'),
      usedAt: fc.integer({ min: 0, max: 9 }),
    }),
  );

  it('whatever there is: nothing of a stranger goes, nothing that is used, and nothing that runs there or is about to', () => {
    fc.assert(
      fc.property(arbitraryImages, arbitraryNeeded, fc.uniqueArray(name), (images, of, used) => {
        const { surplus, spare } = removableFrom({ images, needed: of, usedIds: new Set(used) });
        const going = [...surplus, ...spare];
        expect(new Set(going).size).toBe(going.length);
        for (const { id, digests, tags } of going) {
          expect(used).not.toContain(id);
          expect(tags).toEqual([]);
          expect(digests.some((digest) => of.some((one) => one.image === digest))).toBe(true);
          expect(digests.filter((digest) => digest.startsWith('mirror/'))).toEqual([]);
          expect(of.filter(({ image, need }) => need === 'now' && digests.includes(image))).toEqual([]);
        }
        for (const { digests } of surplus)
          expect(of.filter(({ image, need }) => need !== 'nothing' && digests.includes(image))).toEqual([]);
      }),
    );
  });

  it('gives the same answer in whatever order they are listed', () => {
    fc.assert(
      fc.property(arbitraryImages, arbitraryNeeded, (images, of) => {
        const usedIds = new Set<string>();
        const forwards = removableFrom({ images, needed: of, usedIds });
        const backwards = removableFrom({
          images: images.toReversed(),
          needed: of.toReversed(),
          usedIds,
        });
        expect(backwards.spare).toEqual(forwards.spare);
        expect(new Set(backwards.surplus)).toEqual(new Set(forwards.surplus));
      }),
    );
  });
});

it.each([
  [84, false],
  [85, false],
  [86, true],
])('a disk of which %i %% is used is too full for a limit of 85: %s', (usedBytes, expected) => {
  expect(isFuller({ usedBytes, availableBytes: 100 - usedBytes }, 85)).toBe(expected);
});
