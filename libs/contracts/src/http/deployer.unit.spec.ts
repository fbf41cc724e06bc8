import { describe, expect, it } from 'vitest';
import { deployerRoutes } from './deployer.js';

describe('the body of POST /v1/requests', () => {
  const { body } = deployerRoutes.sendRequest;
  const request = { mode: 'run', appId: 'shop', appName: 'Shop', services: ['web'] };

  it('is that of the message, with the services written out', () => {
    expect(body.parse({ ...request, token: 't' })).toEqual({
      ...{ ...request, token: 't', services: [{ name: 'web' }] },
    });
  });

  it('gets a token of its own each time that it has none', () => {
    const tokens = [1, 2].map(() => body.parse(request).token);
    expect(tokens[0]).toMatch(/^http-[0-9a-f-]{36}$/);
    expect(tokens[0]).not.toBe(tokens[1]);
  });

  it('is checked across its fields, as the message is', () => {
    const wrong = body.safeParse({ ...request, services: [{ name: 'web', dependsOn: ['gone'] }] });
    expect(wrong.error?.issues.map(({ path }) => path)).toEqual([['services']]);
  });
});
