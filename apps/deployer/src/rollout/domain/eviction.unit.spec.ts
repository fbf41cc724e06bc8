import { describe, expect, it } from 'vitest';
import { serviceReply } from '../../requests/domain/reply.js';
import { firstSpec } from '../../services/domain/spec.js';
import { decide } from '../../task/domain/decide.js';
import { nextEffects } from '../../task/domain/task.effects.js';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../../task/domain/task.testing.js';
import { makePlan } from './plan.js';
import { whyStopped } from './why-stopped.js';

const AT = '2026-01-01T00:00:00.000Z';
const release = releaseWith('old', 2);
const preemptor = { accessToken: 'order:web:0', appId: 'urgent', service: 'web', priority: 50 };

interface Given {
  readonly roomAwaited?: boolean;
  readonly config?: object;
  readonly names?: readonly string[];
}

function stateOf(
  { roomAwaited = true, config = {}, names = ['a', 'b'] }: Given = {},
  more: TaskEvent[] = [],
) {
  const of = releaseWith('old', 2, config);
  const spec = firstSpec(
    {},
    { count: 2, limits: release.config.resources },
    {
      ...{ arrival: 1, at: AT, by: 'run', token: 't0' },
    },
  );
  const instances = names.map((name) => running(name, of));
  return foldTask([
    accepted({ mode: 'scale', scale: { repairs: 'b', moves: true, makesRoomFor: preemptor } }),
    { type: 'InstancesSurveyed', data: { instances, spec, arrival: 2, roomAwaited } },
    { type: 'ReleaseResolved', data: { release: of } },
    ...more,
  ]);
}

describe('an instance that makes room for another service', () => {
  it('is stopped without another, and as many are wanted as before', () => {
    const plan = makePlan(stateOf(), AT);
    expect(plan).toMatchObject({ slots: [], surplus: [{ name: 'b' }], kept: ['a'] });
    expect(plan.notes).toEqual([
      'b made room for urgent/web with priority 50. It is started again once there is room.',
    ]);
    expect(plan.spec, 'the spec stays as it is').toBeUndefined();
  });

  it('is drained first, as in any stop, and its history and the reply say why', () => {
    const { events } = decide({ kind: 'make-plan' }, stateOf(), { now: new Date(AT) });
    const state = stateOf({}, [...events]);
    expect(nextEffects(state)).toMatchObject([{ kind: 'drain-instance', instance: { name: 'b' } }]);
    expect(whyStopped(state, 'b')).toBe('It made room for urgent/web with priority 50 (request t1).');
    const stopped: TaskEvent = {
      type: 'InstanceStopped',
      data: { instance: { name: 'b', node: 'node-1', container: 'c-b' }, phase: 'stop', ms: 1 },
    };
    const ended: TaskEvent = { type: 'TaskSucceeded', data: { outcome: 'running' } };
    const reply = serviceReply(stateOf({}, [...events, stopped, ended]));
    expect(reply.notes?.[0]).toContain('b made room for urgent/web with priority 50.');
  });

  it.each<[string, Given, string]>([
    ['when the other one has its place by now', { roomAwaited: false }, 'needs its room no more'],
    [
      'when it has volumes after all',
      { config: { volumes: [{ name: 'data', path: '/data' }], replicas: 1 } },
      'what has volumes makes no room',
    ],
    ['when it is gone already', { names: ['a'] }, 'is gone already'],
  ])('stays %s', (_what, given, note) => {
    const { slots, surplus, notes } = makePlan(stateOf(given), AT);
    expect([slots, surplus]).toEqual([[], []]);
    expect(notes.join()).toContain(note);
  });
});
