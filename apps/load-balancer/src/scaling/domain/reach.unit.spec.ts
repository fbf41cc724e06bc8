import { expect, it } from 'vitest';
import { ofReach } from './reach.js';

const vertical = { cpu: { min: 0.2, max: 1 }, policy: 'slo' } as const;
const figures = { cpuPercent: 90, memoryPercent: 50, cpuLimit: 0.4, memoryLimit: 64 };

it('an instance whose limit follows its use was always busy, and another one was added', () => {
  expect(ofReach(figures, vertical)).toMatchObject({ cpuPercent: 36, memoryPercent: 50 });
  expect(ofReach({ ...figures, cpuLimit: 1 }, vertical).cpuPercent).toBe(90);
});

it('limits that stay are what is used of, as without a policy of limits', () => {
  expect(ofReach(figures, undefined)).toEqual(figures);
  expect(ofReach(figures, { ...vertical, policy: 'advise' })).toEqual(figures);
});

it('a limit that is not known makes the share unknown', () => {
  expect(ofReach({ cpuPercent: 90 }, vertical).cpuPercent).toBeUndefined();
});
