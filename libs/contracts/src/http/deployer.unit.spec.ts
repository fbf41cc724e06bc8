import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { inputProblems, problemText } from '../input-problems.js';
import { deploymentRequested, serviceModes } from '../messages/deployment-requested.js';
import { scaleRequested } from '../messages/scale-requested.js';
import { deployerRoutes } from './deployer.js';
import { openApiDocument } from './openapi.js';

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
    const sent = { ...request, mode: 'build-and-run', services };
    expect(sendRequest.body.parse(sent)).toMatchObject({ services });
  });
});

describe('a field is accepted and ignored: it is refused by its name', () => {
  const { sendRequest, sendScaleRequest } = deployerRoutes;
  const proven = 'principal: leave it out: the token of the call proves who asks';

  it('the principal, which the token proves', () => {
    expect(problems(sendRequest.body, { ...request, principal: 'ada' })).toBe(proven);
    expect(problems(sendScaleRequest.body, { ...scale, principal: 'ada' })).toBe(proven);
    expect(deploymentRequested.schema.parse({ ...request, principal: 'ada' }).principal).toBe('ada');
    expect(scaleRequested.schema.parse({ ...scale, principal: 'ada' }).principal).toBe('ada');
  });

  it('is not in the document either', () => {
    const document = openApiDocument({ title: 't', routes: [sendRequest, sendScaleRequest] });
    const bodies = Object.values(document.paths).map(({ post }) =>
      JSON.stringify((post as Sent).requestBody),
    );
    expect(bodies).toHaveLength(2);
    for (const body of bodies) {
      expect(body).toContain('"reason"');
      expect(body).not.toContain('principal');
    }
  });

  const source = { blob: 'b', sha256: 'a'.repeat(64) };
  const of = (fields: object) => ({ services: [{ name: 'web', ...fields }] });

  it.each([
    ['services[0].source', of({ source }), ['build', 'build-and-run']],
    ['services[0].release', of({ release: 'r1' }), ['run', 'rollback']],
    ['services[0].replicas', of({ replicas: 3 }), ['run', 'build-and-run']],
    ['restart', { restart: true }, ['run', 'build-and-run', 'rollback']],
    ['dryRun', { dryRun: true }, serviceModes],
  ])('%s, in a mode in which it does not count', (field, fields, modes) => {
    for (const mode of serviceModes) {
      const sent = { ...request, mode, ...fields };
      const said = `${field}: counts only in the modes ${modes.join(', ')}`;
      expect(problems(sendRequest.body, sent), mode).toBe(modes.includes(mode) ? '' : said);
      expect(deploymentRequested.schema.safeParse(sent).success, 'a message may have it').toBe(true);
    }
  });

  it.each([0, 100])('instances of a canary with %d percent, which were ignored', (percent) => {
    const { to: _, ...rest } = scale;
    const sent = { ...rest, canary: { release: 'r1', percent, instances: 2 } };
    expect(problems(sendScaleRequest.body, sent)).toContain('counts only with 1 to 99 percent');
    expect(problems(sendScaleRequest.body, { ...sent, canary: { ...sent.canary, percent: 50 } })).toBe('');
    expect(scaleRequested.schema.safeParse(sent).success, 'a message may have it').toBe(true);
  });

  it('what a cancel does not look at, above all a dry run, which cancelled', () => {
    const cancel = { ...request, mode: 'cancel', cancels: 'other', services: [] };
    expect(problems(sendRequest.body, cancel)).toBe('');
    expect(problems(sendRequest.body, { ...cancel, dryRun: true })).toContain('dryRun: counts only in');
    expect(problems(sendRequest.body, { ...cancel, services: ['web'] })).toBe(
      'services: must be left out in the mode cancel',
    );
    expect(problems(sendRequest.body, { ...request, cancels: 'other' })).toContain('cancels: counts only in');
  });

  it('what asks for nothing is taken in every mode', () => {
    for (const mode of serviceModes)
      expect(problems(sendRequest.body, { ...request, mode, restart: false, dryRun: false })).toBe('');
  });
});

describe('a number in a query that is none was said to be NaN', () => {
  const { instanceLog, requests } = deployerRoutes;
  const said = (schema: z.ZodType, query: object) =>
    problemText(inputProblems(schema.safeParse(query).error?.issues ?? []), 'query');

  it.each(['abc', '-1', '1.5', '10001', ['1', '2']])('tail=%s', (tail) => {
    expect(said(instanceLog.query, { tail })).toBe('tail: expected a whole number from 0 to 10000');
  });

  it.each(['abc', '0', '501'])('limit=%s', (limit) => {
    expect(said(requests.query, { appId: 'shop', limit })).toBe(
      'limit: expected a whole number from 1 to 500',
    );
  });

  it('and what is a number is taken', () => {
    expect(instanceLog.query.parse({ tail: '0' })).toMatchObject({ tail: 0 });
    expect(instanceLog.query.parse({})).toMatchObject({ tail: 100 });
  });
});

interface Sent {
  readonly requestBody: object;
}
