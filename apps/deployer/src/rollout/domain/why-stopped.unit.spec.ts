import { expect, it } from 'vitest';
import type { SlotProgress, TaskState } from '../../task/domain/task.state.js';
import { whyStopped } from './why-stopped.js';

const [old, next] = [{ id: 'r1' }, { id: 'r2' }];
const survey = [
  { name: 'a', alive: true, release: old },
  { name: 'dead', alive: false, release: old },
];
const replaces = { name: 'a', node: 'node-1', container: 'c' };
const slot = { ordinal: 0, replaces, name: 'b', node: { name: 'node-2' }, pulled: true, healthy: true };
const slots = [slot] as unknown as SlotProgress[];
const state = (more: object): TaskState =>
  ({
    ...{ mode: 'run', token: 't1', slots: [], survey, release: old, reverting: false },
    ...more,
  }) as unknown as TaskState;

it.each<[what: string, of: object, name: string, why: string]>([
  ['a stop', { mode: 'stop' }, 'a', 'The service was stopped (request t1).'],
  [
    'a new release',
    { slots, release: next },
    'a',
    'Release r2 replaces r1. b on node-2 takes its place (request t1).',
  ],
  ['a restart', { slots }, 'a', 'b on node-2 takes its place (request t1).'],
  [
    ...(['a move', { mode: 'scale', slots, scale: { repairs: 'a', moves: true } }, 'a'] as const),
    'It moves off its node. b on node-2 takes its place (request t1).',
  ],
  [
    ...([
      'a move that balances the load',
      { mode: 'scale', slots, scale: { repairs: 'a', moves: true, toNode: 'node-2' } },
      'a',
    ] as const),
    'It moves to a node with a lower load. b on node-2 takes its place (request t1).',
  ],
  [
    ...(['a repair', { mode: 'scale', slots, scale: { repairs: 'a' } }, 'a'] as const),
    'It does not run any more. b on node-2 takes its place (request t1).',
  ],
  [
    ...(['a revert', { slots, reverting: true }, 'a'] as const),
    'The request failed. b on node-2 takes its place (request t1).',
  ],
  [
    ...(['one that is stopped first', { slots: [{ ...slot, name: undefined }] }, 'a'] as const),
    'Another takes its place (request t1).',
  ],
  ['a scaling', { mode: 'scale', scale: { by: -1 } }, 'a', 'The service was scaled in (request t1).'],
  [
    ...(['a restore', { mode: 'scale', scale: { restore: true } }, 'a'] as const),
    'More instances ran than are wanted (request t1).',
  ],
  [
    ...(['a drain', { mode: 'scale', scale: { repairs: 'a', moves: true, yields: true } }, 'a'] as const),
    'Its node is drained, and maxUnavailable lets it be missing (request t1).',
  ],
  ['a fall of the count', {}, 'a', 'More instances ran than are wanted (request t1).'],
  [
    'one that had ended',
    { mode: 'scale', scale: { to: 1 } },
    'dead',
    'It does not run any more (request t1).',
  ],
])('says why %s stops an instance', (_, of, name, why) => {
  expect(whyStopped(state(of), name)).toBe(why);
});
