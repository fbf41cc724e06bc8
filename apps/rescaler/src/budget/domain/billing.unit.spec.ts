import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Account, billed, credited, openedAccount, STAGES, type Stage, type Tariff } from './billing.js';

const tariff: Tariff = { prices: { cpu: 2, memory: 0.25 }, clampAt: 1_000, stopAt: 3_000, tellAt: 0.8 };
const bill = (account: Account, cpu: number | undefined, seconds = 1) =>
  billed({ account, tariff, usage: { ...(cpu !== undefined && { cpu }) }, seconds });

describe('billing by use', () => {
  it('charges what was used, to the last part of a millionth', () => {
    const first = billed({ account: openedAccount(500), tariff, usage: { cpu: 100, memory: 1 }, seconds: 1 });
    expect(first).toMatchObject({ charged: 200, account: { balance: 300, rest: 0.25, stage: 'paid' } });
    expect(bill(openedAccount(500), undefined).charged).toBe(0);
    expect(billed({ account: first.account, tariff, usage: { memory: 3 }, seconds: 1 }).charged).toBe(1);
  });

  it('allows a debt, then clamps CPU, then stops; and tells each step before', () => {
    let account = openedAccount(100);
    const seen: (readonly [Stage, readonly Stage[]])[] = [];
    for (let look = 0; look < 9; look += 1) {
      const next = bill(account, 225);
      account = next.account;
      seen.push([account.stage, next.tell]);
    }
    expect(seen).toEqual([
      ['debt', []],
      ['debt', ['clamped']],
      ['clamped', []],
      ['clamped', []],
      ['clamped', []],
      ['clamped', ['stopped']],
      ['stopped', []],
      ['stopped', []],
      ['stopped', []],
    ]);
  });

  it('goes on at once when it is paid', () => {
    const stopped: Account = { balance: -4_000, rest: 0, stage: 'stopped', told: ['clamped', 'stopped'] };
    expect(credited(stopped, 1_500, tariff)).toMatchObject({
      stage: 'clamped',
      told: ['clamped', 'stopped'],
    });
    expect(credited(stopped, 3_500, tariff)).toMatchObject({ stage: 'debt', told: [] });
    expect(credited(stopped, 4_000, tariff)).toMatchObject({ stage: 'paid', balance: 0, told: [] });
  });

  it('takes no step that was not told a look before, and one at a time', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 4_000 }), { maxLength: 12 }), (uses) => {
        let account = openedAccount(500);
        for (const cpu of uses) {
          const next = bill(account, cpu).account;
          const rise = STAGES.indexOf(next.stage) - STAGES.indexOf(account.stage);
          expect(rise).toBeLessThanOrEqual(1);
          if (rise > 0 && next.stage !== 'debt') expect(account.told).toContain(next.stage);
          account = next;
        }
      }),
    );
  });
});
