import { expect, it } from 'vitest';
import { failure } from '../errors.js';
import { neverUp } from './instance-logs.js';

const unknown = failure('SERVICE_UNKNOWN', 'There is no service d1/d1.', { hint: 'h' });
const build = { token: 't', startedAt: '2026-01-01T00:00:00.000Z' } as never;
const of = { appId: 'd1', service: 'd1' };

it('of a service whose builds all failed, logs said only that there is no such service', async () => {
  const deployer = { builds: () => Promise.resolve([build]) };
  expect(await neverUp(deployer, of, unknown)).toMatchObject({
    code: 'NOT_RUNNING',
    message: 'd1/d1 was never up: its build came to no release',
    next: 'slipway logs d1 d1 --build',
  });
});

it('what was never built stays unknown, and other errors are their own', async () => {
  expect(await neverUp({ builds: () => Promise.resolve([]) }, of, unknown)).toBeUndefined();
  const builds = (): never => {
    throw new Error('asked');
  };
  expect(await neverUp({ builds }, of, new Error('away'))).toBeUndefined();
});
