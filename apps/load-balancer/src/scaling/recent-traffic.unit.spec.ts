import { expect, it } from 'vitest';
import { traffic } from './domain/scaling.testing.js';
import { RecentTraffic } from './recent-traffic.js';

it('while gateways were late by seconds under load, a service had no figures to grow by', () => {
  let [now, current] = [0, new Map([['shop/web', traffic({ inFlight: 50 })]])];
  const recent = new RecentTraffic({ current: () => current, monotonicMs: () => now });
  expect(recent.of('shop/web')?.inFlight).toBe(50);
  [now, current] = [9_000, new Map()];
  expect(recent.of('shop/web')?.inFlight).toBe(50);
  // Of what nobody has heard of for long, nothing is known: nothing is scaled in then.
  now = 10_000;
  expect(recent.of('shop/web')).toBeUndefined();
  expect(recent.of('shop/api')).toBeUndefined();
});
