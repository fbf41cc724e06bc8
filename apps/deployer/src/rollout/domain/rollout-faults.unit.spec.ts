import { describe, expect, it } from 'vitest';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import { sidesOf } from '../../task/domain/step-writes.js';
import { serviceReply } from '../../requests/domain/reply.js';
import { nextEffects } from '../../task/domain/task.effects.js';
import type { TaskEvent } from '../../task/domain/task.events.js';
import { foldTask, type TaskState } from '../../task/domain/task.state.js';
import {
  accepted,
  releaseWith,
  runToEnd,
  running,
  type Ran,
  type World,
} from '../../task/domain/task.testing.js';

const given = { now: new Date('2026-01-01T00:00:00.000Z'), drainMs: 200 };
const run = (task: TaskEvent, world: World): Ran =>
  runToEnd(task, world, (state, effect) =>
    isRecorded(effect) ? decide(effect, state, given).events : undefined,
  );

const old = releaseWith('old', 2);
const fresh = releaseWith('new', 2);
const before = [running('a', old), running('b', old, { node: 'node-2' })];
const surveyed: TaskEvent = { type: 'InstancesSurveyed', data: { instances: before } };
const resolved: TaskEvent = { type: 'ReleaseResolved', data: { release: fresh } };
const unreachable = { code: 'NODE_UNREACHABLE', message: 'node-2 does not answer.', hint: 'h' };

/** What is stored with a task's next effect, which is done by its record. */
function recorded(state: TaskState) {
  const effect = nextEffects(state).find(isRecorded);
  if (effect === undefined) throw new Error('nothing is done by its record now');
  return decide(effect, state, given);
}

describe('a revert', () => {
  it('asks for a node for longer than the deadline of the request, which may have passed', () => {
    const { events } = run(accepted({}), { release: fresh, before, failing: ['probe-instance 1'] });
    const begun = events.findIndex(({ type }) => type === 'RevertBegun');
    const state = { ...foldTask(events.slice(0, begun + 1)), deadlineAt: '2025-12-31T23:59:59.000Z' };
    const [{ request } = {}] = sidesOf(recorded(state), 'request-node');
    expect(Date.parse(String(request?.expiresAt))).toBeGreaterThan(given.now.getTime());
  });
});

describe('what runs on a node that does not answer', () => {
  const draining = (instance: string): TaskEvent => ({
    type: 'InstanceDraining',
    data: { instance, until: '2026-01-01T00:00:00.200Z' },
  });
  const ref = ({ name, node, container }: (typeof before)[number]) => ({ name, node, container });
  const [a, b] = before.map(ref);
  if (a === undefined || b === undefined) throw new Error('two run');
  const plan: TaskEvent = { type: 'PlanMade', data: { slots: [], surplus: [a, b], kept: [], notes: [] } };
  const notStopped: TaskEvent = { type: 'InstanceNotStopped', data: { instance: b, error: unreachable } };
  const stop = [accepted({ mode: 'stop' }), surveyed, plan, draining('a'), draining('b'), notStopped];

  it('does not keep a stop from stopping all others', () => {
    expect(nextEffects(foldTask(stop)).map(({ kind }) => kind)).toEqual(['stop-instance']);
  });

  it('fails the stop in the end, and is not said to serve', () => {
    const stopped: TaskEvent = { type: 'InstanceStopped', data: { instance: a, phase: 'stop', ms: 1 } };
    const state = foldTask([...stop, stopped]);
    const [event] = recorded(state).events;
    expect(event).toMatchObject({ type: 'TaskFailed', data: { error: { code: 'NODE_UNREACHABLE' } } });
    expect(serviceReply(foldTask([...stop, stopped, event as TaskEvent])).serving).toBeUndefined();
  });

  it('is not where anything new is placed', () => {
    const instances = [running('c', old, { node: 'node-3', alive: false, unreachable: true })];
    const cutOff: TaskEvent = { type: 'InstancesSurveyed', data: { instances } };
    const state = foldTask([accepted({ mode: 'run' }), resolved, cutOff]);
    const made = recorded(state).events;
    const asked = recorded(foldTask([accepted({ mode: 'run' }), resolved, cutOff, ...made]));
    const [{ request } = {}] = sidesOf(asked, 'request-node');
    expect(request?.avoidNodes).toEqual(['node-3']);
  });
});

describe('scaling without an instance that is not there', () => {
  it('is a failure with a code, and changes nothing', () => {
    const scale = accepted({ mode: 'scale', scale: { instance: 'nobody' } });
    const { done, state } = run(scale, { release: old, before });
    expect(state.failure?.code).toBe('INSTANCE_NOT_FOUND');
    expect(done.filter((key) => /drain|stop|request-node/.test(key))).toEqual([]);
  });
});
