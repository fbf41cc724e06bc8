import { expect, it } from 'vitest';
import { nearestRuntime } from './nearest-runtime.js';

it.each([
  ['pyhton', 'python'],
  ['nodejs', 'node'],
  ['dockerfil', 'dockerfile'],
  ['statics', 'static'],
  ['cobol', undefined],
  ['node', undefined],
  ['ruby', undefined],
  ['c', undefined],
])('%s is %s', (name, meant) => {
  expect(nearestRuntime(name)).toBe(meant);
});
