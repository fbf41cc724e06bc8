import { expect, it } from 'vitest';
import { apisOfFile } from './apis.testing.js';
import { traffic } from './traffic.js';
import { setWeights } from './traffic-weights.js';

const shop = {
  ...{
    appId: 'shop',
    service: 'web',
    profile: 'least',
    requestsPerSecond: 1,
    errorsPerSecond: 0,
    inFlight: 0,
  },
  instances: [],
};
const override = {
  ...{ appId: 'shop', service: 'web', weight: 20, by: 'admin', at: '2026-01-01T00:00:00.000Z' },
};
const said = apisOfFile((url) => {
  const [, instance] = /^\/v1\/traffic\/overrides\/(.+)$/.exec(url) ?? [];
  if (instance !== undefined) return [200, { ...override, instance }];
  const { searchParams } = new URL(url, 'http://gateway');
  if (searchParams.get('appId') !== 'shop' && searchParams.has('appId')) return [200, { items: [] }];
  // Two pages.
  if (searchParams.has('after')) return [200, { items: [{ ...shop, service: 'api' }] }];
  return [200, { items: [shop], next: 'x' }];
});

it('shows all services, of all pages', async () => {
  const { code, out } = await said((output) => traffic({}, output), true);
  expect(code).toBe(0);
  expect((JSON.parse(out) as { services: object[] }).services).toMatchObject([
    { service: 'web' },
    { service: 'api' },
  ]);
  expect((await said((output) => traffic({ appId: 'shop' }, output))).out).toContain(
    'shop/web (least): 1 requests/s',
  );
});

it('an application without requests is an error with the next command', async () => {
  await expect(said((output) => traffic({ appId: 'none' }, output))).rejects.toMatchObject({
    ...{ code: 'TRAFFIC_UNKNOWN', next: 'slipway traffic' },
  });
});

it('sets weights, and ends them', async () => {
  const { code, out } = await said((output) =>
    setWeights({ weight: ['a=20', 'b=auto'], for: '10m' }, output),
  );
  expect(code).toBe(0);
  expect(out).toContain('a has the weight 20 at all gateways');
  expect(out).toContain('b is weighed by the gateways themselves again');
});

it('a weight that is none names what was expected, and nothing is set', async () => {
  await expect(said((output) => setWeights({ weight: ['a=20', 'b=300'] }, output))).rejects.toMatchObject({
    message: '--weight is "b=300": expected INSTANCE=WEIGHT with 0 to 256, or INSTANCE=auto',
  });
});
