import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { direct, type DirectionInput, type InstanceRoom } from './direction.js';

const instance = (id: string, own: Partial<InstanceRoom> = {}): InstanceRoom => ({
  ...{ id, current: 100, wanted: 100, min: 20, max: 200, usage: 50, free: 100 },
  ...own,
});
const asked = (instances: readonly InstanceRoom[], own: Partial<DirectionInput> = {}) => {
  const { direction, because, count } = direct({
    ...{ instances, count: { wanted: instances.length, min: 1, max: 4 }, isRollingOut: false, state: {} },
    ...{ now: 100_000, restMs: 30_000 },
    ...own,
  });
  return [direction, because, count];
};
const pressed = { current: 100, wanted: 150 };
const loose = { current: 100, wanted: 60 };
const atMost = { wanted: 2, min: 1, max: 2 };

describe('one controller for both directions', () => {
  it.each<readonly [string, readonly InstanceRoom[], Partial<DirectionInput>, readonly unknown[]]>([
    ['up while the node has room', [instance('a', pressed)], {}, ['up', 'room', 1]],
    ['up before out', [instance('a', pressed)], { count: { wanted: 3, min: 1, max: 4 } }, ['up', 'room', 1]],
    ['out where the node is full', [instance('a', { ...pressed, free: 0 })], {}, ['out', 'node-full', 2]],
    [
      'out where its limit is at its max',
      [instance('a', { current: 200, wanted: 300, max: 200 })],
      {},
      ['out', 'limit-max', 2],
    ],
    [
      'out where only the count is asked for',
      [instance('a')],
      { count: { wanted: 3, min: 1, max: 4 } },
      ['out', 'node-full', 3],
    ],
    [
      'a move where there can be no more',
      [instance('a', { ...pressed, free: 0, elsewhere: 300 }), instance('b')],
      { count: atMost },
      ['move', 'count-max', 2],
    ],
    [
      'a move where it does not scale out',
      [instance('a', { ...pressed, free: 0, elsewhere: 300 })],
      { count: undefined },
      ['move', 'node-full', 1],
    ],
    [
      'nothing where no node is larger',
      [instance('a', { ...pressed, free: 0, elsewhere: 90 }), instance('b')],
      { count: atMost },
      ['stay', 'nowhere', 2],
    ],
    [
      'in before down',
      [instance('a', loose), instance('b', loose)],
      { count: { wanted: 1, min: 1, max: 4 } },
      ['in', 'fits', 1],
    ],
    [
      'down where the others could not carry it',
      [instance('a', { ...loose, usage: 150 }), instance('b', { ...loose, usage: 150 })],
      { count: { wanted: 1, min: 1, max: 4 } },
      ['down', 'steady', 2],
    ],
    [
      'down, not in, where use is not known',
      [instance('a', { ...loose, usage: undefined }), instance('b', loose)],
      { count: { wanted: 1, min: 1, max: 4 } },
      ['down', 'steady', 2],
    ],
    [
      'nothing goes in a rollout',
      [instance('a'), instance('b')],
      { count: { wanted: 1, min: 1, max: 4 }, isRollingOut: true },
      ['stay', 'rollout', 2],
    ],
    [
      'nothing goes right after more came',
      [instance('a', loose)],
      { state: { moreAt: 80_000 } },
      ['stay', 'rest', 1],
    ],
    ['nothing', [instance('a')], {}, ['stay', 'steady', 1]],
    ['nothing without instances', [], { count: { wanted: 0, min: 0, max: 4 } }, ['stay', 'steady', 0]],
  ])('%s', (_, instances, own, expected) => {
    expect(asked(instances, own)).toEqual(expected);
  });

  it('never goes both ways at once, and never less within the rest after more', () => {
    const any = fc.record({
      wanted: fc.nat(300),
      free: fc.nat(100),
      usage: fc.option(fc.nat(200), { nil: undefined }),
    });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.array(any, { minLength: 1, maxLength: 3 }), fc.nat(4)), { maxLength: 12 }),
        (looks) => {
          let state: DirectionInput['state'] = {};
          let moreAt = -Infinity;
          for (const [index, [list, wanted]] of looks.entries()) {
            const now = index * 10_000;
            const instances = list.map((own, place) => instance(String(place), own));
            const result = direct({
              instances,
              count: { wanted, min: 1, max: 3 },
              isRollingOut: false,
              state,
              now,
              restMs: 30_000,
            });
            if (['down', 'in'].includes(result.direction)) {
              expect(now - moreAt).toBeGreaterThanOrEqual(30_000);
              expect(
                instances.some(
                  (each) => each.wanted > each.current && each.current < each.max && each.free > 0,
                ),
              ).toBe(false);
            }
            if (['up', 'out', 'move'].includes(result.direction)) moreAt = now;
            state = result.state;
          }
        },
      ),
    );
  });
});
