import { describe, expect, it } from 'vitest';
import { nodeRequested } from '#libs/contracts';
import { decideAnswer } from '../task/domain/decide-waits.js';
import { decide } from '../task/domain/decide.js';
import { foldTask } from '../task/domain/task.state.js';
import { accepted, releaseWith } from '../task/domain/task.testing.js';
import { waitNote } from './domain/wait-for-room.js';

const now = new Date('2026-01-01T00:00:00.000Z');
const stateOf = (config: object, task: object = {}) =>
  foldTask([
    accepted({ deadlineAt: '2026-01-01T00:15:00.000Z', ...task }),
    { type: 'InstancesSurveyed', data: { instances: [] } },
    { type: 'ReleaseResolved', data: { release: releaseWith('new', 1, config) } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
  ]);
const requestOf = (config: object, task: object = {}, placeWaitMs?: number) => {
  const effect = { kind: 'request-node', ordinal: 0, accessToken: 't1:web:0' } as const;
  const [side] = decide(effect, stateOf(config, task), { now, placeWaitMs }).sides ?? [];
  return side?.kind === 'request-node' ? side.request : undefined;
};

it('an instance that failed at one place does not wait for another: its failure is told at once', () => {
  const at = { name: 'node-1', address: '10.80.0.11', port: 20_000, score: 1 };
  const error = { code: 'NO_SPACE', message: 'The disk is full.', hint: 'Free some.' };
  const state = foldTask([
    accepted({ deadlineAt: '2026-01-01T00:15:00.000Z' }),
    { type: 'InstancesSurveyed', data: { instances: [] } },
    { type: 'ReleaseResolved', data: { release: releaseWith('new', 1, {}) } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    { type: 'NodeAssigned', data: { ordinal: 0, node: at, phase: 'place', ms: 1 } },
    { type: 'PlaceFailed', data: { ordinal: 0, node: 'node-1', step: 'pull-image', error } },
    { type: 'PlaceLeft', data: { ordinal: 0, node: 'node-1', phase: 'stop', ms: 1 } },
  ]);
  const effect = { kind: 'request-node', ordinal: 0, accessToken: 't1:web:0.1' } as const;
  const [side] = decide(effect, state, { now, placeWaitMs: 60_000 }).sides ?? [];
  expect(side).toMatchObject({ kind: 'request-node', request: { exceptNodes: ['node-1'] } });
  expect(side).not.toHaveProperty('request.waitUntil');
});

describe('a node request waits for room', () => {
  it.each<[string, object, object, number | undefined, string | undefined]>([
    ['as long as the deployer is set to', {}, {}, 60_000, '2026-01-01T00:01:00.000Z'],
    ['as long as config.json says', { placement: { waitMs: 5_000 } }, {}, 60_000, '2026-01-01T00:00:05.000Z'],
    ['not at all, if config.json says so', { placement: { waitMs: 0 } }, {}, 60_000, undefined],
    ['not at all, if the deployer is set so', {}, {}, 0, undefined],
    [
      'until shortly before the deadline, so that its reply says why',
      {},
      { deadlineAt: '2026-01-01T00:00:30.000Z' },
      60_000,
      '2026-01-01T00:00:28.000Z',
    ],
    [
      'not at all before a deadline that is near',
      {},
      { deadlineAt: '2026-01-01T00:00:01.000Z' },
      60_000,
      undefined,
    ],
    ['not at all for a repair', {}, { mode: 'scale', scale: { repairs: 'a' } }, 60_000, undefined],
    ['not at all for a restore', {}, { mode: 'scale', scale: { restore: true } }, 60_000, undefined],
    [
      'for a minute at most, for a repair and a restore that others make room for',
      { placement: { preempt: true, waitMs: 600_000 } },
      { mode: 'scale', scale: { restore: true } },
      60_000,
      '2026-01-01T00:01:00.000Z',
    ],
    [
      'not at all for a move, whatever makes room',
      { placement: { preempt: true } },
      { mode: 'scale', scale: { repairs: 'a', moves: true } },
      60_000,
      undefined,
    ],
    ['also for a scaling', {}, { mode: 'scale', scale: { to: 1 } }, 60_000, '2026-01-01T00:01:00.000Z'],
  ])('%s', (_what, config, task, placeWaitMs, until) => {
    expect(requestOf(config, task, placeWaitMs)?.waitUntil).toBe(until);
  });

  it('carries its priority, and of placement the rules alone: a load balancer of before knows no other', () => {
    const config = { priority: 7, placement: { waitMs: 5_000, constraints: ['disk=ssd'] } };
    const request = requestOf(config);
    expect(request).toMatchObject({ priority: 7, placement: { constraints: ['disk=ssd'] } });
    expect(request?.placement).not.toHaveProperty('waitMs');
    expect(requestOf({ placement: { waitMs: 5_000 } })).not.toHaveProperty('placement');
    expect(nodeRequested.schema.parse(request)).toMatchObject({ priority: 7 });
    expect(request).not.toHaveProperty('preempt');
  });

  it('says that others are to make room for it only if it waits', () => {
    const preempt = { placement: { preempt: true } };
    const request = requestOf(preempt, {}, 60_000);
    expect(nodeRequested.schema.parse(request)).toMatchObject({ preempt: true });
    expect(request).not.toHaveProperty('placement');
    expect(requestOf(preempt, {}, 0)).not.toHaveProperty('preempt');
  });
});

it('a request that waited in vain fails with how long it waited and the reason of each node', () => {
  const answer = {
    ...{ accessToken: 't1:web:0', appId: 'shop', service: 'web', waitedSince: '2025-12-31T23:59:00.000Z' },
    refusals: [{ node: 'node-1', reason: 'not enough CPU: needed 1, used 1.8 of 2 cores' }],
  };
  const effect = { kind: 'await-node', ordinal: 0, accessToken: 't1:web:0' } as const;
  const [event] = decideAnswer(effect, stateOf({}), answer, now).events;
  expect(event?.data).toMatchObject({
    error: {
      code: 'NO_NODE',
      message:
        'No node fits web. It waited 60 s for room. node-1: not enough CPU: needed 1, used 1.8 of 2 cores.',
    },
  });
});

it('a request that asked to wait was refused at once where the line was full, without a word why', () => {
  const answer = {
    ...{ accessToken: 't1:web:0', appId: 'shop', service: 'web', lineIsFull: true },
    refusals: [{ node: 'node-1', reason: 'not enough CPU: needed 1, used 1.8 of 2 cores' }],
  };
  const effect = { kind: 'await-node', ordinal: 0, accessToken: 't1:web:0' } as const;
  const [event] = decideAnswer(effect, stateOf({}), answer, now).events;
  expect(event?.data).toMatchObject({
    error: {
      message:
        'No node fits web. It could not wait for room: as many instances wait as LOAD_BALANCER_MOST_WAITING allows. node-1: not enough CPU: needed 1, used 1.8 of 2 cores.',
    },
  });
});

it('who follows the request reads what room is missing, and until when it waits', () => {
  const until = '2026-01-01T00:01:00.000Z';
  expect(waitNote({ until, missing: ['cpu: a', 'ports: b'] })).toBe(
    `waits for room until ${until}: cpu: a; ports: b`,
  );
  expect(waitNote({ until, missing: [] })).toBe(`waits for room until ${until}: no node is enrolled`);
});
