import { expect, it } from 'vitest';
import type { InstanceScore } from './instance-score.js';
import { useOf } from './use-of.js';

const score: InstanceScore = {
  ...{ instance: 'a', appId: 'shop', service: 'web', node: 'node-1', container: 'c1' },
  ...{ cpu: 40, memory: 30, overall: 60, state: 'MU', used: { cpuPercent: 60, memoryPercent: 70 }, at: 0 },
};

it('is what is in use, and the lower one of CPU and availability', () => {
  expect(useOf(score)).toEqual({ cpuPercent: 60, memoryPercent: 70, score: { overall: 60, lowest: 40 } });
  expect(useOf({ ...score, availability: 10 })?.score.lowest).toBe(10);
});

it('is not known of an instance that was not measured, or has just started', () => {
  expect([useOf(undefined), useOf({ ...score, state: 'INIT' })]).toEqual([undefined, undefined]);
});
