import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { imagesToDelete, type ReleaseImage, type Retention } from './retention.js';

const DAY = 86_400_000;
const now = new Date('2026-11-01T00:00:00Z');
const ago = (days: number): Date => new Date(now.getTime() - days * DAY);
const limits = { keep: 2, now, maxAgeMs: 30 * DAY, keepPerService: 4 };

/** A release of shop/web, built and, where it was good, healthy that many days ago. */
const release = (days: number, more: Partial<ReleaseImage> = {}): ReleaseImage => ({
  ...{ id: `r${days}`, appId: 'shop', service: 'web', image: `host/shop/web@sha256:${days}` },
  ...{ builtAt: ago(days), inUse: false },
  ...more,
});
const good = (days: number, more: Partial<ReleaseImage> = {}): ReleaseImage =>
  release(days, { lastHealthyAt: ago(days), ...more });

const deleted = (images: readonly ReleaseImage[], more: Partial<Retention> = {}): readonly string[] =>
  imagesToDelete({ images, ...limits, ...more }).map(({ id }) => id);

describe('retention', () => {
  it('keeps all that is young and few', () => {
    expect(deleted([good(1), release(2), release(3), release(29)])).toEqual([]);
  });

  it('deletes what is too old, oldest first', () => {
    expect(deleted([release(1), release(31), release(400)])).toEqual(['r400', 'r31']);
  });

  it('deletes what is beyond the count of its service, however young', () => {
    expect(deleted([1, 2, 3, 4, 5, 6].map((days) => release(days)))).toEqual(['r6', 'r5']);
  });

  it('counts each service by itself', () => {
    const images = [1, 2, 3, 4].flatMap((days) => [
      release(days),
      release(days, { id: `other${days}`, service: 'other', image: `host/shop/other@sha256:${days}` }),
    ]);
    expect(deleted(images)).toEqual([]);
  });

  it('keeps the last good releases, whatever their age and number', () => {
    const images = [release(1), release(2), release(3), release(4), good(100), good(200), good(300)];
    expect(deleted(images)).toEqual(['r300']);
  });

  it('a release that was rolled back to is good again by when it ran, not by when it was built', () => {
    expect(deleted([good(400, { lastHealthyAt: ago(1) }), good(50), good(60)])).toEqual(['r60']);
  });

  it('what was never healthy does not take a good one’s place', () => {
    expect(deleted([release(40), release(41), good(50), good(60)])).toEqual(['r41', 'r40']);
  });

  it('never deletes what is in use', () => {
    expect(
      deleted([release(500, { inUse: true }), good(1), good(2)], { keep: 0, keepPerService: 0 }),
    ).toEqual(['r2', 'r1']);
  });

  it('never deletes an image that a release which stays has too', () => {
    const image = 'host/shop/web@sha256:same';
    expect(deleted([release(1, { image }), release(90, { image }), release(91)])).toEqual(['r91']);
  });

  const arbitraryRelease = fc
    .record({
      service: fc.constantFrom('web', 'api'),
      image: fc.integer({ min: 0, max: 8 }),
      builtAt: fc.integer({ min: 0, max: 90 }).map(ago),
      lastHealthyAt: fc.option(fc.integer({ min: 0, max: 90 }).map(ago), { nil: undefined }),
      inUse: fc.boolean(),
    })
    .map((fields) => ({ ...fields, appId: 'shop', image: `${fields.service}@${fields.image}` }));
  const arbitraryReleases = fc
    .array(arbitraryRelease, { maxLength: 30 })
    .map((all): ReleaseImage[] => all.map((fields, n) => ({ ...fields, id: `r${n}` })));
  const arbitraryLimits = fc.record({
    keep: fc.integer({ min: 0, max: 4 }),
    keepPerService: fc.integer({ min: 0, max: 8 }),
    maxAgeMs: fc.integer({ min: 0, max: 60 }).map((days) => days * DAY),
  });

  it('whatever there is: what runs stays, good ones stay, and once applied nothing more goes', () => {
    fc.assert(
      fc.property(arbitraryReleases, arbitraryLimits, (images, some) => {
        const gone = new Set(imagesToDelete({ images, now, ...some }));
        const stays = images.filter((image) => !gone.has(image));
        const staying = new Set(stays.map(({ image }) => image));
        for (const image of gone) {
          expect(image.inUse).toBe(false);
          expect(staying.has(image.image)).toBe(false);
        }
        for (const service of ['web', 'api']) {
          const isGood = (one: ReleaseImage): boolean =>
            one.service === service && one.lastHealthyAt !== undefined;
          const before = images.filter(isGood).length;
          expect(stays.filter(isGood).length).toBeGreaterThanOrEqual(Math.min(before, some.keep));
        }
        expect(imagesToDelete({ images: stays, now, ...some })).toEqual([]);
      }),
    );
  });

  it('gives the same answer in whatever order the releases come', () => {
    fc.assert(
      fc.property(arbitraryReleases, arbitraryLimits, (images, some) => {
        const forwards = imagesToDelete({ images, now, ...some });
        expect(imagesToDelete({ images: images.toReversed(), now, ...some })).toEqual(forwards);
      }),
    );
  });
});
