import { expect, it } from 'vitest';
import { planHost } from '../../scaler/domain/plan.js';
import type { ContainerStructure } from '../../structures/domain/structure.js';
import type { LimitWish } from '../../structures/domain/wish.js';
import { clampWishes } from './clamp.js';

const container: ContainerStructure = {
  ...{ id: 'web-1', host: 'node-1', application: 'shop', isRunning: true, guarded: true, policy: 'slo' },
  resources: {
    cpu: { min: 20, max: 100, current: 60, usage: 59, guard: true, boundary: 5, boundaryOf: 'max' },
  },
};

it('CPU of an application that owes too much is held at its least, whatever its policy wishes', () => {
  const clamps = clampWishes([container], () => 'clamped', 1);
  const raise: LimitWish = {
    ...{ structure: 'web-1', resource: 'cpu', target: 90, field: 'current', priority: 0, at: 2 },
    because: { ...clamps[0]!.because, policy: 'slo', target: 90, constraint: 'target' },
  };
  const host = { name: 'node-1', resources: { cpu: { max: 200, free: 140 } } };
  const { plan } = planHost({ host, containers: [container], wishes: [raise, ...clamps] });
  expect(plan.changes).toEqual([{ container: 'web-1', limits: { cpu: 20 } }]);
});

it('others are left alone, and so is what nobody guards', () => {
  expect(clampWishes([container], () => 'debt', 1)).toEqual([]);
  expect(clampWishes([{ ...container, guarded: false }], () => 'clamped', 1)).toEqual([]);
});
