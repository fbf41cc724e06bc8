import { expect, it, vi } from 'vitest';
import { createScaling } from './wire.js';

it('without a database nothing is decided, which is said once, and it ends', async () => {
  const asked = vi.fn(() => Promise.reject(new Error('no database')));
  const warn = vi.fn();
  let wake: ((service: string) => void) | undefined;
  const runtime = {
    ...{ pool: { query: asked }, outbox: {}, kafka: {}, clock: { now: () => new Date() }, logger: { warn } },
    metrics: { counter: () => ({ inc: vi.fn() }), gauge: vi.fn() },
  } as unknown as Parameters<typeof createScaling>[0]['runtime'];
  const scaling = createScaling({
    ...{ runtime, replica: 'one', use: () => undefined },
    prometheus: { servers: [], mostQueries: 1 },
    traffic: { services: () => new Map(), instances: () => new Map(), onRead: () => () => undefined },
    wakes: { onWake: (listener) => ((wake = listener), () => (wake = undefined)) },
  });
  scaling.start();
  await vi.waitFor(() => expect(warn).toHaveBeenCalledTimes(1));
  wake?.('shop/web');
  await vi.waitFor(() => expect(asked.mock.calls.length).toBeGreaterThanOrEqual(2));
  await scaling.stop();
  expect(wake).toBeUndefined();
  expect(warn.mock.calls.map(([, message]: unknown[]) => message)).toEqual([
    'no service is scaled now',
    'leases of services end by themselves',
  ]);
});
