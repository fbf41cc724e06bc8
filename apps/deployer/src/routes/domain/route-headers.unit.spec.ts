import { expect, it } from 'vitest';
import { headerNamesOf, tooManyHeaders } from './route-headers.js';
import type { ServiceRoutes } from './service-routes.js';

const of = { appId: 'shop', service: 'web' };
const others = Array.from({ length: 63 }, (_, n) => `x-${n}`);

it('routes that set a header name beyond those that a gateway carries were left out there with a line of its log alone', () => {
  expect(tooManyHeaders(of, ['x-a'], others)).toBeUndefined();
  expect(tooManyHeaders(of, ['x-a', 'x-b'], others)).toMatchObject({
    code: 'ROUTE_HEADERS',
    message: expect.stringContaining('would set headers of 65 names, and a gateway carries 64') as string,
    hint: expect.stringContaining('New are: x-a, x-b') as string,
  });
});

it('routes that add no name are never refused, also where there are too many from before', () => {
  const many = [...others, 'x-63', 'x-64', 'x-65'];
  expect(tooManyHeaders(of, ['x-1', 'x-65'], many)).toBeUndefined();
  expect(tooManyHeaders(of, [], many)).toBeUndefined();
});

it('names count once, whatever the case of their letters, and also those of a deployment that is under way', () => {
  const route = (headers: Record<string, string>) => ({ host: 'a.org', path: '/', headers });
  const reached = { declared: [], setBy: 'api', traffic: {} } as const;
  const routes: ServiceRoutes = {
    ...{ ...reached, revision: 1, routes: [route({ 'X-A': '1' })] },
    pending: {
      token: 't1',
      before: { ...reached, routes: [route({ 'x-a': '2' })] },
      after: { ...reached, routes: [route({ 'X-B': '1' })] },
    },
  };
  expect(headerNamesOf(routes)).toEqual(['x-a', 'x-b']);
});
