import { expect, it } from 'vitest';
import { scalingPolicySchema } from '#libs/contracts';
import { withLearned } from './learned-limits.js';
import { changeSpec, firstSpec, type FieldChange } from './spec.js';

const at = (minutes: number): string => new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
const by = (arrival: number, minutes: number, mode = 'build-and-run'): FieldChange => ({
  ...{ arrival, at: at(minutes), by: mode, token: `t${arrival}` },
});
const limits = { cpu: 0.25, memoryMiB: 256 };
const scaling = scalingPolicySchema.parse({ vertical: { cpu: { min: 0.2, max: 1 } } });
const declared = { count: 1, limits, scaling };
const spec = firstSpec({ release: 'r1' }, declared, by(1, 0));
const learn = (cpu: number, minutes: number, before = spec, arrival = 2) =>
  withLearned(
    before,
    { limits: { cpu, memoryMiB: 100 }, learnedAt: at(minutes) },
    by(arrival, minutes, 'learned'),
  );

it('new instances start with what was learned, within the bounds; a limit without bounds stays', () => {
  expect(learn(0.5, 20)).toMatchObject({ limits: { cpu: 0.5, memoryMiB: 256 }, revision: 2 });
  expect(learn(4, 20)?.limits.cpu).toBe(1);
  expect(learn(0.25, 20)).toBeUndefined();
});

it('the spec is told every ten minutes at most', () => {
  const first = learn(0.5, 20) ?? spec;
  expect(learn(0.6, 29, first, 3)).toBeUndefined();
  expect(learn(0.6, 30, first, 3)?.limits.cpu).toBe(0.6);
});

it('a deploy that declares other limits after it was learned wins, and one that declares the same keeps it', () => {
  const first = learn(0.5, 20) ?? spec;
  const same = changeSpec(first, { release: 'r2', declares: declared }, by(3, 25));
  expect(same.limits.cpu).toBe(0.5);
  const other = { ...declared, limits: { ...limits, cpu: 0.3 } };
  const changed = changeSpec(first, { release: 'r2', declares: other }, by(3, 25));
  expect(changed.limits.cpu).toBe(0.3);
  expect(learn(0.6, 24, changed, 4)).toBeUndefined();
});

it('learns nothing without a policy of limits, or while it is stopped', () => {
  const plain = firstSpec({ release: 'r1' }, { count: 1, limits }, by(1, 0));
  expect(learn(0.5, 20, plain)).toBeUndefined();
  expect(learn(0.5, 20, changeSpec(spec, { state: 'stopped' }, by(2, 5)))).toBeUndefined();
});

it('limits are brought within bounds that a deploy declares anew', () => {
  const first = learn(0.9, 20) ?? spec;
  const narrow = scalingPolicySchema.parse({ vertical: { cpu: { min: 0.2, max: 0.4 } } });
  expect(changeSpec(first, { declares: { ...declared, scaling: narrow } }, by(3, 25)).limits.cpu).toBe(0.4);
});
