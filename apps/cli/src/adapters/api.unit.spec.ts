import { describe, expect, it } from 'vitest';
import { deployerRoutes } from '#libs/contracts';
import { pathOf } from './api.js';

describe('the path of a call', () => {
  it('has its parameters escaped, and of the query what is given', () => {
    const params = { appId: 'shop', service: 'web', instance: 'web 1/2' };
    expect(pathOf(deployerRoutes.instanceLog, { params, query: { tail: 5, follow: undefined } })).toBe(
      '/v1/apps/shop/services/web/instances/web%201%2F2/logs?tail=5',
    );
  });

  it('is the route itself where there is nothing to fill in', () => {
    expect(pathOf(deployerRoutes.releases, {})).toBe('/v1/releases');
    expect(pathOf(deployerRoutes.releases, { query: { service: undefined } })).toBe('/v1/releases');
  });
});
