import { describe, expect, it } from 'vitest';
import { RecentUse } from './recent-use.js';

const EVERY_MS = 10_000;
const rules = { overMs: 60_000, silentMs: 30_000 };

/** A node of 4 cores that was looked at every 10 s, with the cores of each instance, or null, at each look. */
function watched(
  seconds: readonly { readonly used: number; readonly instances: Record<string, number | null> }[],
) {
  const use = new RecentUse(rules);
  for (const [n, { used, instances }] of seconds.entries())
    use.add({ node: 'a', atMs: n * EVERY_MS, cpus: 4, used, instances: new Map(Object.entries(instances)) });
  return { use, now: (seconds.length - 1) * EVERY_MS };
}
const times = <T>(count: number, value: T): readonly T[] => Array.from({ length: count }, () => value);
const known = { kind: 'known', cpus: 4 };

describe('the recent use of a node', () => {
  it('is known once it was watched for long enough, and is the mean of what runs there', () => {
    const { use, now } = watched(times(7, { used: 3, instances: { x: 1, y: 0.5 } }));
    expect(use.of('a', now)).toEqual({
      ...known,
      used: 3,
      instances: new Map([
        ['x', 1],
        ['y', 0.5],
      ]),
    });
    expect(watched(times(6, { used: 3, instances: {} })).use.of('a', 50_000)).toEqual({ kind: 'settling' });
    expect(use.of('b', now)).toEqual({ kind: 'gap' });
  });

  it('kept what nodes had used that went long ago, for as long as the process lived', () => {
    const { use, now } = watched(times(7, { used: 3, instances: {} }));
    for (let hour = 1; hour <= 100; hour += 1)
      use.add({ node: `b${hour}`, atMs: now + hour * 3_600_000, cpus: 4, used: 1, instances: new Map() });
    expect(use.size).toBe(1);
  });

  it('is a gap once it was silent, and settles anew after that', () => {
    const { use, now } = watched(times(7, { used: 3, instances: {} }));
    expect(use.of('a', now + 30_000)).toMatchObject(known);
    expect(use.of('a', now + 30_001)).toEqual({ kind: 'gap' });
    use.add({ node: 'a', atMs: now + 40_000, cpus: 4, used: 1, instances: new Map() });
    expect(use.of('a', now + 40_000)).toEqual({ kind: 'settling' });
  });

  it('loses an instance that has left at once, and settles with one that has come', () => {
    const before = times(20, { used: 3, instances: { x: 1, y: 2 } });
    const { use, now } = watched([...before, { used: 2, instances: { y: 2 } }]);
    expect(use.of('a', now)).toMatchObject({ used: expect.closeTo(2, 1) as number });
    const joined = watched([...before, ...times(6, { used: 4, instances: { x: 1, y: 2, z: 1 } })]);
    expect(joined.use.of('a', joined.now)).toEqual({ kind: 'settling' });
    const later = watched([...before, ...times(7, { used: 4, instances: { x: 1, y: 2, z: 1 } })]);
    expect(later.use.of('a', later.now)).toMatchObject({ ...known, used: expect.closeTo(4, 1) as number });
  });

  it('does not take what could not be measured for nothing', () => {
    const gap = { used: 3, instances: { x: null } };
    const { use, now } = watched([...times(10, { used: 3, instances: { x: 2 } }), gap, gap]);
    expect(use.of('a', now)).toEqual({ ...known, used: 3, instances: new Map([['x', 2]]) });
    const long = watched([...times(10, { used: 3, instances: { x: 2 } }), ...times(4, gap)]);
    expect(long.use.of('a', long.now)).toEqual({ kind: 'settling' });
  });

  it('follows a load that changes, and one second is no load', () => {
    const idle = times(20, { used: 0, instances: {} });
    const once = watched([...idle, { used: 4, instances: {} }]);
    expect(once.use.of('a', once.now)).toMatchObject({ used: expect.closeTo(0.6, 1) as number });
    const long = watched([...idle, ...times(18, { used: 4, instances: {} })]);
    expect(long.use.of('a', long.now)).toMatchObject({ used: expect.closeTo(3.8, 1) as number });
  });

  it('passes over what comes late', () => {
    const { use, now } = watched(times(7, { used: 3, instances: {} }));
    use.add({ node: 'a', atMs: now - 1, cpus: 4, used: 0, instances: new Map() });
    expect(use.of('a', now)).toMatchObject({ used: 3 });
  });
});
