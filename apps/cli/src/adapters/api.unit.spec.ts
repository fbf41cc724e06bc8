import { describe, expect, it } from 'vitest';
import { deployerRoutes } from '#libs/contracts';
import { call, pathOf } from './api.js';

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

it('a look-up could take 30 s whoever waited for it: it ends when its caller says so', async () => {
  const api = { app: 'deployer', url: 'http://127.0.0.1:1', variable: 'SLIPWAY_DEPLOYER_URL', token: 't' };
  const ended = { ...api, signal: AbortSignal.abort(new Error('no time left')) };
  await expect(call(ended, deployerRoutes.releases, { query: { appId: 'shop' } })).rejects.toMatchObject({
    code: 'API_UNREACHABLE',
    message: 'no time left',
  });
});
