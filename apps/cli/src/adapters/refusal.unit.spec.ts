import { expect, it } from 'vitest';
import { refusal } from './api.js';

const api = { app: 'deployer', url: 'http://x', variable: 'SLIPWAY_DEPLOYER_URL', token: 't' };
const answer = { code: 'ROLE_MISSING', message: 'The token may read only.', hint: 'Send the other token.' };

it('a call that the token may not make is told with the hint of the API, whatever was asked', () => {
  expect(refusal(api, 403, answer)).toMatchObject({
    ...answer,
    ...{ exitCode: 2, next: 'source .slipway/env' },
  });
});

it('a token that the app does not know is told by its variable', () => {
  expect(refusal(api, 401, answer)).toMatchObject({
    hint: 'The deployer does not know this SLIPWAY_API_TOKEN.',
  });
});

it('an answer without a hint has one all the same', () => {
  expect(refusal(api, 403, undefined)).toMatchObject({
    ...{ code: 'HTTP_403', hint: 'SLIPWAY_API_TOKEN must be a token that may do this.' },
  });
});

it('everything that is wrong with a machine is told, each problem apart', () => {
  const problems = [{ code: 'CLOCK_SKEW', severity: 'refuses', message: 'It is late.', hint: 'Set it.' }];
  const said = { code: 'CLOCK_SKEW', message: 'It is late.', hint: 'Set it.' };
  expect(refusal(api, 422, { ...said, problems })).toMatchObject({ ...said, problems });
  expect(refusal(api, 422, { ...said, problems: 'none' })).toMatchObject({ ...said, problems: undefined });
});
