import { scalingPolicySchema } from '#libs/contracts';
import { expect, it } from 'vitest';
import { firstSpec } from '../../services/domain/spec.js';
import { accepted, releaseWith } from '../../task/domain/task.testing.js';
import { refusalNow, type WantedNow } from './early-refusal.js';
import type { FirstEvent } from './intake.js';

const AT = '2026-11-30T12:00:00.000Z';
const scaling = scalingPolicySchema.parse({ min: 2, max: 6, targets: { cpu: 70 } });
const spec = firstSpec(
  { release: 'r1' },
  { count: 3, limits: { cpu: 0.25, memoryMiB: 256 }, scaling },
  { arrival: 7, at: AT, by: 'run', token: 't7' },
);
type Scale = FirstEvent['data']['scale'];
const codeOf = (scale: Scale, known: Partial<WantedNow> = {}) =>
  refusalNow(accepted({ mode: 'scale', scale }) as FirstEvent, { spec, isBusy: false, ...known }, AT)?.code;

it('a count out of bounds waited for a rollout before it was refused', () => {
  expect(codeOf({ to: 7 }, { isBusy: true })).toBe('SCALE_OUT_OF_BOUNDS');
  expect(codeOf({ to: 1, fence: 3 })).toBe('SCALE_OUT_OF_BOUNDS');
  expect(codeOf({ by: 9 })).toBe('SCALE_OUT_OF_BOUNDS');
  expect(codeOf({ to: 6 }, { isBusy: true })).toBeUndefined();
});

it('what is relative to a count that may change before its turn is not refused before that', () => {
  expect(codeOf({ by: 9 }, { isBusy: true })).toBeUndefined();
  expect(codeOf({ instance: 'web-1' })).toBeUndefined();
});

it('a second instance of what has volumes is refused at once', () => {
  const release = releaseWith('r1', 1, { volumes: [{ name: 'data', path: '/data' }] });
  const { scaling: _, ...plain } = spec;
  expect(codeOf({ to: 2 }, { spec: plain, release })).toBe('SCALE_OUT_OF_BOUNDS');
  expect(codeOf({ to: 1 }, { spec: plain, release })).toBeUndefined();
});

it('a canary that there can be none of waited for a rollout before it was refused', () => {
  const canary = { release: 'r1', percent: 10 };
  expect(codeOf({ canary }, { isBusy: true })).toBe('CANARY_REFUSED');
  expect(codeOf({ canary: { ...canary, release: 'r2' } })).toBeUndefined();
  expect(codeOf({ canary: { ...canary, release: 'r2' } }, { spec: { ...spec, state: 'stopped' } })).toBe(
    'CANARY_REFUSED',
  );
});

it('of a service of which nothing was ever wanted nothing is certain', () => {
  expect(codeOf({ to: 40 }, { spec: undefined })).toBeUndefined();
});
