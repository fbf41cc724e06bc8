import { expect, it } from 'vitest';
import { BillApplications } from './bill-applications.js';
import type { KeptAccount } from './ports.js';

function billing(cost: number) {
  const world = { nowMs: 0, cost, used: 100 as number | undefined };
  const kept = new Map<string, KeptAccount>();
  const told: string[] = [];
  const bills = new BillApplications({
    accounts: {
      all: async () => [...kept.values()],
      keep: async (account) => void kept.set(account.appId, account),
    },
    budgets: () => [['shop', { cost: world.cost, pricePerCoreHour: 3_600, debt: 100 }]],
    usage: async () => new Map(world.used === undefined ? [] : [['shop', world.used]]),
    now: () => world.nowMs,
    onTell: (_, step) => told.push(step),
  });
  const pass = async (seconds: number): Promise<void> => {
    world.nowMs += seconds * 1_000;
    await bills.bill();
    await bills.refresh();
  };
  return { world, bills, told, pass, balance: () => (kept.get('shop')?.account.balance ?? NaN) / 1_000_000 };
}

it('one core costs its price, a debt is allowed, then CPU is clamped, which is told before', async () => {
  const { bills, told, pass, balance } = billing(50);
  await pass(0);
  await pass(50);
  expect([balance(), bills.stageOf('shop'), told]).toEqual([0, 'paid', []]);
  await pass(9);
  expect([balance(), bills.stageOf('shop'), told]).toEqual([-9, 'debt', ['clamped']]);
  await pass(11);
  expect([balance(), bills.stageOf('shop')]).toEqual([-20, 'clamped']);
});

it('a figure that is missing costs nothing, and nor does a time that nobody looked', async () => {
  const { world, pass, balance } = billing(50);
  await pass(0);
  world.used = undefined;
  await pass(30);
  expect(balance()).toBe(50);
  world.used = 100;
  await pass(3_600);
  expect(balance()).toBe(-10);
});

it('a budget that is raised is credited, and what was clamped is let go', async () => {
  const { world, bills, pass } = billing(0);
  for (const seconds of [0, 9, 9, 9]) await pass(seconds);
  expect(bills.stageOf('shop')).toBe('clamped');
  world.cost = 100;
  await pass(0);
  expect(bills.stageOf('shop')).toBe('paid');
});
