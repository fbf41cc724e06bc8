import { expect, it } from 'vitest';
import { deployerRoutes } from '#libs/contracts';
import { asksTheSame } from './asks-the-same.js';

const sent = { token: 't', mode: 'run', appId: 'shop', appName: 'Shop', services: ['web'], reason: 'a' };
const parsed = (more: object = {}) => deployerRoutes.sendRequest.body.parse({ ...sent, ...more });
/** As Postgres gives it back: without what is undefined, its fields in another order. */
const stored = Object.fromEntries(
  Object.entries({ ...parsed(), services: [{ name: 'web' }], principal: 'ci' }).reverse(),
);

it('the same body asks the same, whoever sends it and however its services are written', () => {
  expect(asksTheSame(stored, parsed())).toBe(true);
  expect(asksTheSame(stored, parsed({ services: [{ name: 'web' }], dryRun: undefined }))).toBe(true);
});

it.each([
  { mode: 'stop' },
  { services: ['web', 'db'] },
  { dryRun: true },
  { reason: undefined },
  { reason: 'b' },
])('another body asks for something else: %j', (more) => {
  expect(asksTheSame(stored, parsed(more))).toBe(false);
});
