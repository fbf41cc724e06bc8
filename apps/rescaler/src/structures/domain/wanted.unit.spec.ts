import { expect, it } from 'vitest';
import { wantedLimitsOf } from './wanted.js';

const MIB = 1_048_576;
const vertical = { cpu: { min: 0.2, max: 1 }, policy: 'slo' } as const;

it('touches nothing that nobody asked to have rescaled', () => {
  expect(wantedLimitsOf(undefined, undefined)).toBeUndefined();
});

it('takes what config.json declares, in hundredths of a core and bytes', () => {
  expect(wantedLimitsOf({ ...vertical, memoryMiB: { min: 64, max: 128 } }, undefined)).toEqual({
    ...{ policy: 'slo', guarded: true, at: {}, setBy: 'config.json' },
    bounds: { cpu: { min: 20, max: 100 }, memory: { min: 64 * MIB, max: 128 * MIB } },
  });
});

it('what somebody says of one limit counts in place of that one alone', () => {
  const wanted = wantedLimitsOf(vertical, { cpu: { min: 0.5, max: 2 }, policy: 'serverless' });
  expect(wanted).toMatchObject({
    policy: 'serverless',
    setBy: 'api',
    bounds: { cpu: { min: 50, max: 200 } },
  });
});

it('a guard that was taken away says nothing of bounds', () => {
  const wanted = wantedLimitsOf(vertical, { guarded: false });
  expect(wanted).toMatchObject({
    guarded: false,
    setBy: 'config.json',
    bounds: { cpu: { min: 20, max: 100 } },
  });
});

it('an amount that was set stays within the bounds', () => {
  expect(wantedLimitsOf(vertical, { policy: 'fixed', at: { cpu: 4 } })?.at).toEqual({ cpu: 100 });
});
