import { describe, expect, it } from 'vitest';
import { inputProblems, problemText } from '../input-problems.js';
import { deploymentRequested } from '../messages/deployment-requested.js';
import { scaleRequested } from '../messages/scale-requested.js';
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

const request = { token: 't', mode: 'run', appId: 'shop', appName: 'Shop', services: ['web'] };
const scale = { token: 't', appId: 'shop', service: 'web', to: 3 };

const problems = (body: (typeof deployerRoutes)['sendRequest' | 'sendScaleRequest']['body'], sent: object) =>
  problemText(inputProblems(body.safeParse(sent).error?.issues ?? []), 'body');

describe('an unknown field in a body is accepted silently: it is refused by its name', () => {
  const { sendRequest, sendScaleRequest } = deployerRoutes;

  it.each([
    ['of the request', { ...request, replica: 3 }, 'replica: unknown field; check its spelling'],
    [
      'of a service',
      { ...request, services: [{ name: 'web', replica: 3 }] },
      'replica: unknown field; check its spelling',
    ],
    [
      'of a source',
      { ...request, services: [{ name: 'web', source: { blob: 'b', containr: 'c' } }] },
      'source.containr: unknown field; check its spelling',
    ],
  ])('%s', (_, sent, problem) => {
    expect(problems(sendRequest.body, sent)).toContain(problem);
    expect(deploymentRequested.schema.safeParse(sent).success, 'a message may have it').toBe(true);
  });

  it('of a scale request', () => {
    expect(problems(sendScaleRequest.body, { ...scale, count: 3 })).toContain('count: unknown field');
    expect(scaleRequested.schema.safeParse({ ...scale, count: 3 }).success).toBe(true);
  });

  it('and what is known is taken', () => {
    const services = [{ name: 'web', replicas: 3, source: { blob: 'b' } }];
    expect(sendRequest.body.parse({ ...request, services })).toMatchObject({ services });
  });
});
