import { describe, expect, it } from 'vitest';
import { assign, type Carrying, carryingNothing } from '../domain/carrying.js';
import type { WantedService } from '../domain/wanted.js';
import { server, wantedOf } from '../domain/wanted.testing.js';
import { Carried } from './carried.js';

const pool = { backends: 2, servers: 4 };
const NONE = carryingNothing({ least: pool, weighted: pool, sticky: pool, h2: pool });

const carryingOf = (
  services: Parameters<typeof wantedOf>[0],
  more: Partial<WantedService> = {},
  before: Carrying = NONE,
): Carrying => {
  const wanted = wantedOf(services);
  return assign(before, { ...wanted, services: wanted.services.map((one) => ({ ...one, ...more })) });
};

function carriedOf(carrying: Carrying): Carried {
  const carried = new Carried();
  carried.becomes(carrying);
  return carried;
}

describe('whose requests come to a backend', () => {
  it('is the service that has it, also while it is not known what HAProxy carries', () => {
    const carried = carriedOf(carryingOf({ a: [server(1)] }));
    carried.isUnknown();
    expect(carried.serviceAt('least-1')).toBe('a');
    expect(carried.serviceAt('least-2')).toBeUndefined();
    expect(carried.serverAt('least-1', 's1')).toMatchObject({ service: 'a', instance: 'i1' });
  });

  it('is the next service as soon as requests may come, but never that of one that had it before', () => {
    const first = carryingOf({ a: [] }, { isAwaited: true });
    const carried = carriedOf(first);
    carried.comes(carryingOf({ b: [], c: [] }, { isAwaited: true }, first));
    expect([carried.serviceAt('least-1'), carried.serviceAt('least-2')]).toEqual(['a', 'c']);
    expect([carried.mayWait('a'), carried.mayWait('c'), carried.mayWait('d')]).toEqual([true, true, false]);
  });
});

describe('requests', () => {
  it.each([
    ['wait for one that is awaited', { isAwaited: true }, true],
    ['wait where nobody has said that it should not run', {}, true],
    ['do not wait for one that was stopped, though an instance is known still', { isAwaited: false }, false],
  ])('%s', (_, more, mayWait) => {
    expect(carriedOf(carryingOf({ a: [server(1)] }, more)).mayWait('a')).toBe(mayWait);
  });

  it('do not wait for a service that has gone, and wait on while nothing is known for certain', () => {
    const first = carryingOf({ a: [] }, { isAwaited: true });
    const carried = carriedOf(first);
    carried.isUnknown();
    expect(carried.mayWait('a')).toBe(true);
    carried.becomes(carryingOf({}, {}, first));
    expect(carried.mayWait('a')).toBe(false);
  });
});

it('a service with a canary has two backends, its own first', () => {
  const carrying = carryingOf(
    { a: [server(1), server(2, { isCanary: true })] },
    { canary: { release: 'r2', percent: 10 }, isAwaited: true },
  );
  const carried = carriedOf(carrying);
  expect(carried.backendsOf('a')).toEqual(['least-1', 'least-2']);
  expect(carried.mayWait('a')).toBe(true);
});
