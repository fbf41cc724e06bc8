import { describe, expect, it } from 'vitest';
import { deployerRoutes } from './http/deployer.js';
import { inputProblems, problemText } from './input-problems.js';
import { deploymentRequested } from './messages/deployment-requested.js';
import { scaleRequested } from './messages/scale-requested.js';
import { namedHere, slipwayName } from './names.js';
import { sourceBlobName } from './source-blob.js';
import { writtenService } from './written-names.js';

const request = { token: 't', mode: 'run', appId: 'my_app', appName: 'App', services: ['user_service'] };
const scaling = { token: 't', appId: 'my_app', service: 'user_service', to: 2 };

const problems = (sent: object): string =>
  problemText(inputProblems(deploymentRequested.schema.safeParse(sent).error?.issues ?? []), 'request');

describe('the name here', () => {
  it.each([
    ['user_service', 'user-service'],
    ['a__b', 'a--b'],
    ['user-service', 'user-service'],
  ])('of %s is %s', (written, here) => {
    expect(slipwayName(written)).toBe(here);
    expect(slipwayName(here), 'mapping again changes nothing').toBe(here);
  });

  it('is said with both', () => {
    expect(namedHere('service', 'user_service')).toBe('service user_service is named user-service here');
  });
});

describe('a name with _, which the first deployer took, was refused', () => {
  it('in a request: it is read as its name here, and kept as it was written', () => {
    expect(deploymentRequested.schema.parse(request)).toMatchObject({
      appId: 'my-app',
      services: [{ name: 'user-service' }],
      written: { appId: 'my_app', services: ['user_service'] },
    });
  });

  it('as an object, and as what another one depends on, in either spelling', () => {
    const services = [{ name: 'web_app', dependsOn: ['user-service'] }, { name: 'user_service' }];
    const parsed = deploymentRequested.schema.parse({ ...request, appId: 'shop', services });
    expect(parsed.services).toMatchObject([
      { name: 'web-app', dependsOn: ['user-service'] },
      { name: 'user-service' },
    ]);
    expect(parsed.written).toEqual({ services: ['web_app', 'user_service'] });
    expect(writtenService(parsed.written, 'web-app')).toBe('web_app');
    expect(writtenService(parsed.written, 'shop')).toBeUndefined();
  });

  it('in a scale request', () => {
    expect(scaleRequested.schema.parse(scaling)).toMatchObject({
      ...{ appId: 'my-app', service: 'user-service' },
      written: { appId: 'my_app', services: ['user_service'] },
    });
  });

  it('in a body and in a path of HTTP', () => {
    const { sendRequest, sendScaleRequest, spec, releases } = deployerRoutes;
    expect(sendRequest.body.parse(request)).toMatchObject({
      ...{ appId: 'my-app', services: [{ name: 'user-service' }] },
      written: { appId: 'my_app', services: ['user_service'] },
    });
    expect(sendScaleRequest.body.parse(scaling)).toMatchObject({ service: 'user-service' });
    const path = { appId: 'my_app', service: 'user_service' };
    const here = { appId: 'my-app', service: 'user-service' };
    expect(spec.params.parse(path)).toEqual(here);
    expect(releases.query.parse(path)).toMatchObject(here);
  });

  it.each(['_users', 'users_', 'User_service', 'user service'])('and %s still is', (service) => {
    expect(problems({ ...request, services: [service] })).toContain('service name must be 1-63 of a-z');
  });
});

describe('names that were written otherwise', () => {
  it('survive that a request is read, sent on and read again', () => {
    const once = deploymentRequested.schema.parse(request);
    expect(deploymentRequested.schema.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
    const scaled = scaleRequested.schema.parse(scaling);
    expect(scaleRequested.schema.parse(JSON.parse(JSON.stringify(scaled)))).toEqual(scaled);
  });

  it('are not there where there are none', () => {
    const parsed = deploymentRequested.schema.parse({ ...request, appId: 'shop', services: ['web'] });
    expect(parsed.written).toBeUndefined();
  });

  it.each([
    [{ services: ['other_service'] }, 'written.services: expected names of this request'],
    [{ appId: 'other_app' }, 'written.appId: expected names of this request'],
  ])('cannot be those of others: %j', (written, problem) => {
    expect(problems({ ...request, written })).toContain(problem);
  });

  it('are not accepted in a body of HTTP, where nobody needs to give them', () => {
    const { sendRequest, sendScaleRequest } = deployerRoutes;
    for (const [body, sent] of [
      [sendRequest.body, { ...request, written: { appId: 'my_app' } }],
      [sendScaleRequest.body, { ...scaling, written: { appId: 'my_app' } }],
    ] as const)
      expect(body.safeParse(sent).error?.issues).toMatchObject([{ keys: ['written'] }]);
  });
});

describe('two services of a request that are the same here', () => {
  const services = ['user_service', { name: 'user-service' }];

  it('are refused with both names', () => {
    expect(problems({ ...request, services })).toBe(
      'services: user_service and user-service are the same here: both are named user-service',
    );
  });

  it('by HTTP, too', () => {
    const error = deployerRoutes.sendRequest.body.safeParse({ ...request, services }).error;
    expect(problemText(inputProblems(error?.issues ?? []), 'body')).toContain(
      'user_service and user-service are the same here',
    );
  });
});

it('the source of a service lies under its application and its name', () => {
  expect(sourceBlobName('shop', 'prices')).toBe('shop--prices.zip');
});
