import { expect, it } from 'vitest';
import type { TaskEventOf } from './task.events.js';
import { accepted } from './task.testing.js';
import { firstKey } from './task.turns.js';

const keyOf = (data: Partial<TaskEventOf<'TaskAccepted'>['data']>): string => firstKey(accepted(data).data);

it.each([
  ['build', keyOf({ mode: 'build' })],
  ['build-and-run', keyOf({ mode: 'build-and-run' })],
  ['run of the newest release', keyOf({ mode: 'run' })],
  ['rollback to the last good one', keyOf({ mode: 'rollback' })],
  ['stop of a service of which nothing is known yet', keyOf({ mode: 'stop', afterBuilds: true })],
])('a %s follows the builds that were asked for before it', (_mode, key) => {
  expect(key).toBe('build shop/web');
});

it.each([
  ['scaling', keyOf({ mode: 'scale', scale: { by: 1 } })],
  ['stop', keyOf({ mode: 'stop' })],
  ['run of a named release', keyOf({ mode: 'run', wantedRelease: 'r1' })],
  ['rollback to a named release', keyOf({ mode: 'rollback', wantedRelease: 'r1' })],
])('a %s waits for no build', (_mode, key) => {
  expect(key).toBe('shop/web');
});

it('what is only planned waits for nobody', () => {
  expect(keyOf({ mode: 'run', dryRun: true })).toBe('plan t1/web');
});
