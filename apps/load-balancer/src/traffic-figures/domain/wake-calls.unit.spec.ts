import { expect, it } from 'vitest';
import { WakeCalls } from './wake-calls.js';

it('calls once for a word that comes by several ways, and again while requests wait', () => {
  const [calls, heard] = [new WakeCalls(), [] as string[]];
  const end = calls.onWake((service) => heard.push(service));
  for (const [service, nowMs] of [
    ['shop/web', 0],
    ['shop/web', 20],
    ['shop/cart', 20],
    ['shop/web', 1_000],
  ] as const)
    calls.wake(service, nowMs);
  end();
  calls.wake('shop/web', 9_000);
  expect(heard).toEqual(['shop/web', 'shop/cart', 'shop/web']);
});
