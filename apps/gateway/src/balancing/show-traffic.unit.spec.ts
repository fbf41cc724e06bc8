import { expect, it } from 'vitest';
import { trafficServiceSchema } from '#libs/contracts';
import { Simulated } from './domain/balance.testing.js';
import { TrafficController } from './http.js';
import { trafficOf } from './show-traffic.js';

const now = new Date('2026-01-01T00:00:00.000Z');

it('says of each instance what it gets, and why', () => {
  const simulated = new Simulated(['a', 'b', 'c', 'd']);
  simulated.look(20, () => ({ requests: 10 }));
  simulated.look(4, (name) =>
    name === 'a' ? { requests: 30, failed: 30 } : { requests: 10, isUp: name !== 'b' },
  );
  simulated.add('new');
  const shown = trafficOf(simulated.service, { nowMs: simulated.nowMs, now });
  expect(() => trafficServiceSchema.parse(shown)).not.toThrow();
  expect(shown).toMatchObject({ appId: 'shop', service: 'web', profile: 'least' });
  expect(shown.instances).toMatchObject([
    { name: 'a', state: 'ejected', why: 'failing', weight: 0, until: '2026-01-01T00:00:03.500Z' },
    { name: 'b', state: 'down', why: 'unreachable' },
    { name: 'c', state: 'ready', weight: 100, latencyMs: 20, inFlight: 0 },
    { name: 'd', state: 'ready' },
    { name: 'new', state: 'slow-start', weight: 10 },
  ]);
  expect(shown.instances[2]?.requestsPerSecond).toBeGreaterThan(18);
});

it('lists services by pages, those that are asked for', async () => {
  const { service } = new Simulated(['a']);
  const ids = ['app/web', 'shop/api', 'shop/web'];
  const current = new Map(ids.map((id) => [id, { ...service, id }]));
  const controller = new TrafficController(() => ({ current: () => current, monotonicMs: () => 0 }));
  const list = async (query: object) => {
    const { items, next } = await controller.traffic({ query: { limit: 2, ...query } } as never);
    return { names: items.map((one) => `${one.appId}/${one.service}`), next };
  };
  const first = await list({});
  expect(first.names).toEqual(['app/web', 'shop/api']);
  expect((await list({ after: first.next })).names).toEqual(['shop/web']);
  expect((await list({ appId: 'shop' })).names).toEqual(['shop/api', 'shop/web']);
  expect((await list({ appId: 'shop', service: 'web' })).names).toEqual(['shop/web']);
  await expect(list({ appId: 'shop', after: first.next })).rejects.toMatchObject({ code: 'CURSOR_INVALID' });
  expect(
    (await new TrafficController(() => undefined).traffic({ query: { limit: 2 } } as never)).items,
  ).toEqual([]);
});
