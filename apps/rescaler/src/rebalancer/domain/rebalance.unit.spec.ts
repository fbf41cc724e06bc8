import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planHost } from '../../scaler/domain/plan.js';
import { containerOf, hostOf } from '../../structures/domain/structures.testing.js';
import { booked, creditOf, type Ledger } from './ledger.js';
import { defaultRebalance, givable, type Participant, rebalance, type RebalanceInput } from './rebalance.js';
import { fewerSwaps, fewestSwaps } from './swaps.js';
import { byWeights, type Weighted } from './weights.js';

const one = (
  id: string,
  value: number,
  usage: number | undefined,
  own: Partial<Participant> = {},
): Participant => ({
  ...{ id, value, min: 50, isRunning: true, rebalanced: true },
  ...(usage !== undefined && { usage }),
  ...own,
});
const run = (participants: readonly Participant[], ledger: Ledger = [], own: Partial<RebalanceInput> = {}) =>
  rebalance({
    ...{
      resource: 'cpu',
      field: 'current',
      participants,
      settings: defaultRebalance,
      ledger,
      slice: 5,
      now: 1,
    },
    ...own,
  });

describe('the golden tables of the rebalancer', () => {
  it('takes 56 of a donor with 200 that uses 60: eleven slices of 5, and 1', () => {
    expect(givable(one('d', 200, 60), defaultRebalance)).toBe(56);
  });

  it('makes three swaps of six', () => {
    const raw = ['d1', 'd2'].flatMap((from) =>
      ['r1', 'r2', 'r3'].map((to, index) => ({ from, to, amount: index + 1 })),
    );
    expect(fewerSwaps(raw)).toEqual([
      { from: 'd1', to: 'r1', amount: 2 },
      { from: 'd1', to: 'r2', amount: 4 },
      { from: 'd2', to: 'r3', amount: 6 },
    ]);
  });
});

describe('pair swaps', () => {
  it('give what is unused to who needs it, with two wishes each', () => {
    const { swaps, wishes } = run([one('d', 200, 60), one('r', 100, 95)]);
    expect(swaps).toEqual([{ from: 'd', to: 'r', amount: 56 }]);
    expect(wishes).toMatchObject([
      { structure: 'd', target: 144, pair: 'r' },
      { structure: 'r', target: 156, pair: 'd' },
    ]);
  });

  it.each([
    ['who has no figure', one('d', 200, undefined)],
    ['who does not take part', one('d', 200, 60, { rebalanced: false })],
    ['who uses more than 60 %', one('d', 200, 125)],
    ['who is at its min', one('d', 50, 0)],
  ])('take nothing of %s', (_, donor) => {
    expect(run([donor, one('r', 100, 95)]).swaps).toEqual([]);
  });

  it('take all above its min of one that is stopped, and give it nothing', () => {
    expect(run([one('d', 200, undefined, { isRunning: false }), one('r', 300, 290)]).swaps).toEqual([
      { from: 'd', to: 'r', amount: 150 },
    ]);
  });

  it('pay old debts first', () => {
    const ledger: Ledger = [{ creditor: 'r2', debtor: 'd', amount: 30 }];
    const { swaps, ledger: after } = run(
      [one('d', 200, 60), one('r1', 100, 100), one('r2', 100, 98)],
      ledger,
    );
    expect(swaps.filter(({ to }) => to === 'r2')[0]).toMatchObject({ from: 'd', to: 'r2' });
    expect(after.find(({ creditor }) => creditor === 'r2')).toBeUndefined();
    expect(creditOf(booked([], [{ from: 'a', to: 'b', amount: 3 }]), 'a')).toBe(3);
  });

  it('come to rest under a constant load', () => {
    const participant = fc.record({
      value: fc.integer({ min: 50, max: 400 }),
      usage: fc.integer({ min: 0, max: 400 }),
    });
    fc.assert(
      fc.property(fc.array(participant, { minLength: 2, maxLength: 5 }), (list) => {
        let ledger: Ledger = [];
        let all = list.map(({ value, usage }, index) => one(String(index), value, Math.min(value, usage)));
        const total = (): number => all.reduce((sum, { value }) => sum + value, 0);
        const before = total();
        let swaps = 1;
        for (let look = 0; look < 60; look += 1) {
          const result = run(all, ledger);
          ledger = result.ledger;
          swaps = result.swaps.length;
          expect(swaps).toBeLessThan(all.length);
          const values = new Map(result.wishes.map(({ structure, target }) => [structure, target]));
          all = all.map((each) => ({ ...each, value: values.get(each.id) ?? each.value }));
          expect(total()).toBe(before);
          expect(all.filter(({ value, min }) => value < min)).toEqual([]);
        }
        expect(swaps).toBe(0);
      }),
    );
  });

  it('are planned by the scaler as a whole', () => {
    const cpu = (current: number, usage: number) => ({ cpu: { current, usage, min: 50, max: 400 } });
    const containers = [
      containerOf('d', { resources: cpu(200, 60) }),
      containerOf('r1', { resources: cpu(100, 95) }),
      containerOf('r2', { resources: cpu(100, 99) }),
    ];
    const { wishes } = run([one('d', 200, 60), one('r1', 100, 95), one('r2', 100, 99)]);
    const full = hostOf({ resources: { cpu: { max: 400, free: 0 } } });
    const { containers: after } = planHost({ host: full, containers, wishes });
    expect(after.map(({ resources }) => resources.cpu?.current)).toEqual([144, 126, 130]);
  });

  it('are as few as both orders make', () => {
    const swaps = fewestSwaps(
      new Map([
        ['a', 3],
        ['b', 5],
      ]),
      new Map([
        ['c', 5],
        ['d', 3],
      ]),
    );
    expect(swaps).toHaveLength(2);
  });
});

describe('weights', () => {
  const member = (id: string, weight: number, own: Partial<Weighted> = {}): Weighted => ({
    ...{ id, weight, min: 10, max: 400, usage: 50, isRunning: true },
    ...own,
  });
  const shared = (total: number, members: readonly Weighted[]) =>
    Object.fromEntries(byWeights(total, members));

  it('share a whole out', () => {
    expect(shared(300, [member('a', 2), member('b', 1)])).toEqual({ a: 197, b: 103 });
    expect(shared(300, [member('a', 2, { max: 100 }), member('b', 1)])).toEqual({ a: 100, b: 200 });
  });

  it('20: two tests of "is consuming" contradicted each other', () => {
    const idle = [member('a', 1, { usage: 0 }), member('b', 1, { isRunning: false }), member('c', 1)];
    expect(shared(300, idle)).toEqual({ a: 10, b: 10, c: 280 });
  });

  it('20: weights were divided by zero', () => {
    expect(shared(100, [member('a', 0), member('b', 0)])).toEqual({ a: 50, b: 50 });
    expect(shared(100, [])).toEqual({});
    expect(shared(100, [member('a', 1, { usage: undefined })])).toEqual({ a: 10 });
  });

  it('sum to the whole, within the bounds', () => {
    const any = fc.record({ weight: fc.nat(5), max: fc.integer({ min: 10, max: 300 }), usage: fc.nat(100) });
    fc.assert(
      fc.property(
        fc.array(any, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 60, max: 900 }),
        (list, total) => {
          const members = list.map(({ weight, ...own }, index) => member(String(index), weight, own));
          const given = byWeights(total, members);
          const sum = [...given.values()].reduce((all, amount) => all + amount, 0);
          expect(sum).toBeLessThanOrEqual(total);
          const isOpen = members.some(({ id, max, usage }) => (usage ?? 0) > 0 && (given.get(id) ?? 0) < max);
          if (isOpen) expect(sum).toBe(total);
          for (const { id, min, max } of members) {
            expect(given.get(id)).toBeGreaterThanOrEqual(min);
            expect(given.get(id)).toBeLessThanOrEqual(max);
          }
        },
      ),
    );
  });
});
