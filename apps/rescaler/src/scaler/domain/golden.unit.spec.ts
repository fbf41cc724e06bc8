import { describe, expect, it } from 'vitest';
import type { CoreMap } from '../../structures/domain/structure.js';
import { containerOf, hostOf, wishOf } from '../../structures/domain/structures.testing.js';
import { accountHost } from './account.js';
import { planHost } from './plan.js';
import { slicesBy, slicesIn, splitAmount } from './slices.js';

/** 8 cores; cores that are not named are held by somebody else. */
function mapOf(held: Readonly<Record<number, Readonly<Record<string, number>>>>): CoreMap {
  const order = [0, 1, 2, 3, 4, 5, 6, 7];
  const cores = order.map((core) => {
    const own = held[core] ?? { other: 100 };
    const free = 100 - Object.values(own).reduce((sum, shares) => sum + shares, 0);
    return [core, { free, held: own }] as const;
  });
  return { order, cores: Object.fromEntries(cores) };
}

const FULL = { 0: { a: 100 }, 2: { a: 100 }, 1: { b: 100 }, 3: { b: 100 } };
const cpu = (current: number, max = 400) => ({ cpu: { current, max, min: 20 } });
const a = containerOf('a', { resources: cpu(200) });
const b = containerOf('b', { resources: cpu(200) });
const other = containerOf('other', { resources: cpu(400) });

describe('the golden tables of the scaler', () => {
  it.each([
    [60, [55, 5]],
    [100, [75, 25]],
    [12, [12, 0]],
    [-60, [-5, -55]],
    [-12, [0, -12]],
    [-200, [-80, -80]],
  ])('splits %i over two containers as %o', (amount, expected) => {
    const members = [
      { id: 'a', value: 100, min: 20, usage: 90 },
      { id: 'b', value: 100, min: 20, usage: 40 },
    ];
    const given = splitAmount(amount, members, 5);
    expect(['a', 'b'].map((id) => given.get(id) ?? 0)).toEqual(expected);
  });

  it('cuts 23 by 5 and in 4 slices', () => {
    expect(slicesBy(23, 5)).toEqual([5, 5, 5, 5, 3]);
    expect(slicesIn(23, 4)).toEqual([6, 6, 6, 5]);
  });

  it.each([
    [8_000, 8_192],
    [-3_900, 256],
  ])('of memory at 4096, asked for %i more, makes %i', (amount, expected) => {
    const memory = { current: 4_096, max: 8_192, min: 256, usage: 100 };
    const { plan } = planHost({
      host: hostOf(),
      containers: [containerOf('a', { resources: { memory } })],
      wishes: [wishOf('a', 'memory', 4_096 + amount)],
    });
    expect(plan.changes).toEqual([{ container: 'a', limits: { memory: expected } }]);
  });

  const host = (held: Parameters<typeof mapOf>[0]) => hostOf({ cores: mapOf(held) });

  it('refuses a 40 more where all cores are full', () => {
    const planned = planHost({
      host: host(FULL),
      containers: [a, b, other],
      wishes: [wishOf('a', 'cpu', 240)],
    });
    expect(planned.plan.changes).toEqual([]);
    expect(planned.verdicts).toMatchObject([
      { isPlanned: false, target: 200, because: { constraint: 'host' } },
    ]);
  });

  it('takes 150 of b: it is left with 50 on core 1', () => {
    const planned = planHost({
      host: host(FULL),
      containers: [a, b, other],
      wishes: [wishOf('b', 'cpu', 50)],
    });
    expect(planned.plan.changes).toEqual([{ container: 'b', limits: { cpu: 50, cpuset: '1' } }]);
    expect(planned.host.resources.cpu).toEqual({ max: 800, free: 150 });
    expect(planned.host.cores?.cores[3]).toEqual({ free: 100, held: {} });
  });

  it('plans both in one batch: b first, then a gets cores 0, 2 and 3', () => {
    const planned = planHost({
      host: host(FULL),
      containers: [a, b, other],
      wishes: [wishOf('a', 'cpu', 240), wishOf('b', 'cpu', 50)],
    });
    expect(planned.plan.changes).toEqual([
      { container: 'b', limits: { cpu: 50, cpuset: '1' } },
      { container: 'a', limits: { cpu: 240, cpuset: '0,2-3' } },
    ]);
  });

  it('with core 1 wholly free gives a 50 of 100 at max 250, on cores 0, 1 and 2', () => {
    const planned = planHost({
      host: host({ ...FULL, 1: {}, 3: { other: 100 } }),
      containers: [
        containerOf('a', { resources: cpu(200, 250) }),
        containerOf('other', { resources: cpu(500, 500) }),
      ],
      wishes: [wishOf('a', 'cpu', 300)],
    });
    expect(planned.plan.changes).toEqual([{ container: 'a', limits: { cpu: 250, cpuset: '0-2' } }]);
    expect(planned.verdicts).toMatchObject([{ target: 250, because: { constraint: 'max' } }]);
  });

  it('of a disk has free what the larger limit leaves of reading and writing together', () => {
    const disk = { min: 1, max: 500 };
    const account = accountHost(
      hostOf({ resources: { diskRead: { max: 500, free: 0 }, diskWrite: { max: 300, free: 0 } } }),
      [
        containerOf('a', {
          resources: { diskRead: { ...disk, current: 200 }, diskWrite: { ...disk, current: 100 } },
        }),
      ],
    );
    expect(account.resources).toEqual({
      diskRead: { max: 500, free: 200 },
      diskWrite: { max: 300, free: 200 },
    });
  });
});
