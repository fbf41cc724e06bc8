import { expect, it } from 'vitest';
import { apisOfFile } from './apis.testing.js';
import { traffic } from './traffic.js';

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
const said = apisOfFile((url) => {
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
