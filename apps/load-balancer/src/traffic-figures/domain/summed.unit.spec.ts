import { describe, expect, it } from 'vitest';
import type { InstanceFigures, ServiceFigures } from '#libs/contracts';
import { type Heard, summed } from './summed.js';

const heard = (
  services: readonly ServiceFigures[],
  more: Partial<Heard> & { readonly instances?: readonly InstanceFigures[] } = {},
): Heard => ({ at: 1_000, aheadMs: 0, services, instances: [], ...more });

describe('what several gateways say', () => {
  it('adds up, and waits include those for an instance at all', () => {
    const { services } = summed([
      heard([{ name: 'shop/web', requestsPerSecond: 30, inFlight: 2, queued: 1, p95Ms: 10 }]),
      heard([{ name: 'shop/web', requestsPerSecond: 10, errorsPerSecond: 1, held: 4, p95Ms: 50 }], {
        at: 900,
      }),
    ]);
    expect(services.get('shop/web')).toEqual({
      ...{ requestsPerSecond: 40, errorsPerSecond: 1, inFlight: 2, waiting: 5, p95Ms: 20, at: 900 },
    });
  });

  it('has the last request of all, whatever their clocks say', () => {
    const { services } = summed([
      heard([{ name: 'shop/web', lastRequestAt: 50_000 }], { aheadMs: -49_500 }),
      heard([{ name: 'shop/web', lastRequestAt: 700 }]),
      heard([{ name: 'shop/cart' }]),
    ]);
    expect(services.get('shop/web')?.lastRequestAt).toBe(700);
    expect(services.get('shop/cart')).toEqual({
      ...{ requestsPerSecond: 0, errorsPerSecond: 0, inFlight: 0, waiting: 0, at: 1_000 },
    });
  });

  it('of a gateway that answers nothing weighs nothing in the times', () => {
    const instances = [{ name: 'a', requestsPerSecond: 10, meanMs: 5, p95Ms: 9 }];
    const all = summed([heard([], { instances }), heard([], { instances: [{ name: 'a', inFlight: 1 }] })]);
    expect(all.instances.get('a')).toMatchObject({ meanMs: 5, p95Ms: 9, inFlight: 1, requestsPerSecond: 10 });
  });
});
