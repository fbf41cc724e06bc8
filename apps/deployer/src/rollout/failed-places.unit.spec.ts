import { describe, expect, it } from 'vitest';
import type { NodeRequest, TaskError } from '#libs/contracts';
import { decide } from '../task/domain/decide.js';
import { decideFailure } from '../task/domain/decide-failure.js';
import { decideAnswer } from '../task/domain/decide-waits.js';
import { sidesOf, type StepWrites } from '../task/domain/step-writes.js';
import { nextEffects, type EffectOf } from '../task/domain/task.effects.js';
import type { TaskEvent } from '../task/domain/task.events.js';
import { evolve, foldTask, type TaskState } from '../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../task/domain/task.testing.js';
import { serviceReply } from '../requests/domain/reply.js';
import { causesOfMoves } from './domain/failed-places.js';

const now = new Date('2026-01-01T00:00:00.000Z');
const release = releaseWith('new', 1);
const withVolume = releaseWith('new', 1, {
  volumes: [{ name: 'data', path: '/data' }],
  runtime: 'node',
  command: 'x',
});
const errorOf = (code: string): TaskError => ({ code, message: `The engine says ${code}`, hint: 'h' });
const after = (state: TaskState, events: readonly TaskEvent[]): TaskState =>
  events.reduce<TaskState>(evolve, state);
const all = (state: TaskState, ...steps: readonly StepWrites[]): TaskState =>
  steps.reduce((before, { events }) => after(before, events), state);

const planned = (of = release, more: object = {}, task: Parameters<typeof accepted>[0] = { mode: 'run' }) =>
  foldTask([
    accepted(task),
    { type: 'ReleaseResolved', data: { release: of } },
    { type: 'InstancesSurveyed', data: { instances: [], ...more } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
  ]);

/** Asks for a node, and what is asked for. */
function asked(state: TaskState): readonly [TaskState, NodeRequest] {
  const [effect] = nextEffects(state);
  const writes = decide(effect as EffectOf<'request-node'>, state, { now });
  const [side] = sidesOf(writes, 'request-node');
  return [after(state, writes.events), side?.request as NodeRequest];
}
const answered = (state: TaskState, name: string, port = 20_000): TaskState =>
  after(state, answerWith(state, name, port).events);
function answerWith(
  state: TaskState,
  name?: string,
  port = 20_000,
  refusals = [] as { node: string; reason: string }[],
) {
  const [effect] = nextEffects(state) as readonly EffectOf<'await-node'>[];
  const { appId, service } = state;
  const access = { sshPort: 22, sshUser: 'root', hostKeyFingerprint: 'x', sealedLogin: '', score: 50 };
  const node = name === undefined ? undefined : { name, address: '10.0.0.9', port, ...access };
  return decideAnswer(
    effect as EffectOf<'await-node'>,
    state,
    { accessToken: 'a', appId, service, node, refusals },
    now,
  );
}
const placed = (state: TaskState, name: string, port = 20_000): TaskState =>
  answered(asked(state)[0], name, port);
function failed(state: TaskState, code: string): StepWrites {
  const [effect] = nextEffects(state) as readonly EffectOf<'start-instance'>[];
  return decideFailure(effect as EffectOf<'start-instance'>, state, errorOf(code));
}
/** It fails there, and nothing of it is left. */
function failedThere(state: TaskState, code: string): TaskState {
  const leaving = all(state, failed(state, code));
  const [effect] = nextEffects(leaving) as readonly EffectOf<'leave-place'>[];
  expect(effect?.kind).toBe('leave-place');
  const node = effect?.node.name ?? '';
  return after(leaving, [{ type: 'PlaceLeft', data: { ordinal: 0, node, phase: 'stop', ms: 1 } }]);
}
function served(state: TaskState): TaskState {
  const { name, address } = running('i', release, { node: state.slots[0]?.node?.name ?? '' });
  return after(state, [
    { type: 'InstanceStarted', data: { ordinal: 0, name, address, phase: 'start', ms: 1 } },
    { type: 'InstanceHealthy', data: { ordinal: 0, phase: 'healthy', ms: 1 } },
    { type: 'TaskSucceeded', data: { outcome: 'running' } },
  ]);
}
const types = ({ events }: StepWrites) => events.map(({ type }) => type);
const messageOf = ({ events }: StepWrites): string => {
  const [event] = events;
  return event?.type === 'StepFailed' || event?.type === 'NodeRefused' ? event.data.error.message : '';
};

describe('a start that fails for a reason of its node', () => {
  it('goes to another node with another access token, and the reply says why', () => {
    const again = failedThere(placed(planned(), 'node-1'), 'NO_SPACE');
    const [waiting, request] = asked(again);
    expect(request).toMatchObject({
      ...{ accessToken: 't1:web:0.1', avoidNodes: ['node-1'], exceptNodes: ['node-1'] },
    });
    const reply = serviceReply(served(answered(waiting, 'node-2', 20_007)));
    expect(reply.notes).toEqual([
      'An instance could not be started on node-1: the disk of its engine is full (NO_SPACE). It runs on node-2, port 20007.',
    ]);
  });

  it('may go to another port of the same node where something else listens at the first', () => {
    const again = failedThere(placed(planned(), 'node-1'), 'PORT_TAKEN');
    const [waiting, request] = asked(again);
    expect(request).toMatchObject({ avoidNodes: ['node-1'] });
    expect(request.exceptNodes).toBeUndefined();
    const reply = serviceReply(served(answered(waiting, 'node-1', 20_001)));
    expect(reply.notes?.join()).toContain(
      'node-1: something else listens at port 20000 (PORT_TAKEN). It runs on node-1, port 20001.',
    );
  });

  it('goes to another place twice at most, and then says where it was tried', () => {
    const twice = failedThere(
      placed(failedThere(placed(planned(), 'node-1'), 'NO_SPACE'), 'node-2'),
      'START_TIMEOUT',
    );
    const last = failed(placed(twice, 'node-3'), 'PORT_TAKEN');
    expect(types(last)).toEqual(['StepFailed']);
    expect(messageOf(last)).toBe(
      'The engine says PORT_TAKEN. This was on node-3, the last of 3 places. ' +
        'Before that: node-1: the disk of its engine is full (NO_SPACE); node-2: The engine says START_TIMEOUT (START_TIMEOUT).',
    );
    // The load balancer learns of the port all the same.
    expect(sidesOf(last, 'release-node')).toEqual([
      { kind: 'release-node', accessToken: 't1:web:0.2', portTaken: true },
    ]);
  });

  it('tells its own failure, and not NO_NODE, where no other node takes it', () => {
    const [waiting] = asked(failedThere(placed(planned(), 'node-1'), 'NO_SPACE'));
    const alone = answerWith(waiting, undefined, 0, [
      { node: 'node-1', reason: 'has just failed the instance' },
    ]);
    expect(alone.events[0]?.data).toMatchObject({ error: { code: 'NO_SPACE' } });
    expect(messageOf(alone)).toBe(
      'The engine says NO_SPACE. The instance was tried on node-1: the disk of its engine is full (NO_SPACE). ' +
        'There is no other node.',
    );
    const full = answerWith(waiting, undefined, 0, [{ node: 'node-2', reason: 'is draining' }]);
    expect(messageOf(full)).toContain('No other node takes it. node-2: is draining.');
  });

  it('does not go back where another try comes to the same, though an older load balancer says so', () => {
    const [waiting] = asked(failedThere(placed(planned(), 'node-1'), 'NODE_UNREACHABLE'));
    expect(answerWith(waiting, 'node-1').events[0]?.data).toMatchObject({
      error: { code: 'NODE_UNREACHABLE' },
    });
    expect(types(answerWith(waiting, 'node-2'))).toEqual(['NodeAssigned']);
  });

  it('of a scaling that finds no other node is a refusal, so that the others go on', () => {
    const scaling = planned(release, {}, { mode: 'scale', scale: { by: 1 } });
    const [waiting] = asked(failedThere(placed(scaling, 'node-1'), 'NO_SPACE'));
    const refused = answerWith(waiting);
    expect(types(refused)).toEqual(['NodeRefused']);
    expect(messageOf(refused)).toContain('There is no other node.');
  });

  it.each(['SPEC_INVALID', 'IMAGE_NOT_FOUND', 'SECRET_NOT_FOUND', 'ENGINE_FAILED', 'INTERNAL'])(
    'is none of its node where the code is %s: it would come to the same elsewhere',
    (code) => expect(types(failed(placed(planned(), 'node-1'), code))).toEqual(['StepFailed']),
  );

  it('ends the task where that is cleaning up already', () => {
    const state = after(placed(planned(), 'node-1'), [
      { type: 'StepFailed', data: { step: 'request', error: errorOf('CANCELLED') } },
    ]);
    const effect = { kind: 'start-instance', ordinal: 0, accessToken: 't1:web:0', release } as const;
    const node = { name: 'node-1', address: '10.0.0.9', port: 20_000, score: 50 };
    expect(types(decideFailure({ ...effect, node }, state, errorOf('NO_SPACE')))).toEqual(['StepFailed']);
  });

  it('says what was left behind', () => {
    const state = placed(planned(), 'node-1');
    const leftBehind = errorOf('NODE_UNREACHABLE');
    const left: TaskEvent = {
      type: 'PlaceLeft',
      data: { ordinal: 0, node: 'node-1', phase: 'stop', ms: 0, leftBehind },
    };
    const again = after(all(state, failed(state, 'NODE_UNREACHABLE')), [left]);
    expect(serviceReply(served(placed(again, 'node-2'))).notes).toEqual([
      'An instance could not be started on node-1: it does not answer (NODE_UNREACHABLE). It runs on node-2, port 20000.',
      'What was begun on node-1 is removed once that node answers.',
    ]);
  });
});

it('a start that has another place is counted by why it left the one before; a first place is none', () => {
  const causes = (state: TaskState): readonly string[] =>
    causesOfMoves(after(asked(state)[0], answerWith(asked(state)[0], 'node-9').events), [
      ...answerWith(asked(state)[0], 'node-9').events,
    ]);
  expect(causes(planned())).toEqual([]);
  const once = failedThere(placed(planned(), 'node-1'), 'NO_SPACE');
  expect(causes(once)).toEqual(['NO_SPACE']);
  expect(causes(failedThere(placed(once, 'node-2'), 'PORT_TAKEN'))).toEqual(['PORT_TAKEN']);
  // Nothing has moved where no other node takes it.
  const refused = answerWith(asked(once)[0]);
  expect(causesOfMoves(after(asked(once)[0], refused.events), refused.events)).toEqual([]);
});

describe('a release command that fails for a reason of its node', () => {
  const migrating = releaseWith('new', 2, { runtime: 'node', command: 'x', release: ['migrate'] });
  const pulled: TaskEvent = { type: 'ImagePulled', data: { ordinal: 0, phase: 'pull', ms: 1 } };
  const done: TaskEvent = { type: 'ReleaseCommandDone', data: { ran: true, phase: 'release', ms: 1 } };
  /** It is about to run there. */
  const releasing = (state: TaskState, name: string): TaskState => {
    const ready = after(placed(state, name), [pulled]);
    expect(nextEffects(ready)[0]?.kind).toBe('run-release-command');
    return ready;
  };

  it.each(['NODE_UNREACHABLE', 'NO_SPACE'])(
    'goes to another node after %s, and the reply says so',
    (code) => {
      const again = failedThere(releasing(planned(migrating), 'node-1'), code);
      const [, request] = asked(again);
      expect(request).toMatchObject({ accessToken: 't1:web:0.1', exceptNodes: ['node-1'] });
      const reply = serviceReply(served(after(releasing(again, 'node-2'), [done])));
      expect(reply.notes?.[0]).toMatch(
        new RegExp(
          `^The release command could not be run on node-1: .* \\(${code}\\)\\. It ran on another node\\.$`,
        ),
      );
      expect(reply.notes?.join()).not.toContain('An instance could not be started');
    },
  );

  it('goes to another node twice at most', () => {
    const twice = failedThere(
      releasing(failedThere(releasing(planned(migrating), 'node-1'), 'NO_SPACE'), 'node-2'),
      'NO_SPACE',
    );
    const last = failed(releasing(twice, 'node-3'), 'NODE_UNREACHABLE');
    expect(types(last)).toEqual(['StepFailed']);
    expect(messageOf(last)).toContain('This was on node-3, the last of 3 places.');
  });

  it.each(['RELEASE_FAILED', 'SPEC_INVALID', 'SECRET_NOT_FOUND', 'ENGINE_FAILED'])(
    'is none of its node where the code is %s',
    (code) => expect(types(failed(releasing(planned(migrating), 'node-1'), code))).toEqual(['StepFailed']),
  );

  it('stays where it may have written into volumes', () => {
    const volumes = [{ name: 'data', path: '/data' }];
    const withData = releaseWith('new', 1, { runtime: 'node', command: 'x', release: ['migrate'], volumes });
    expect(types(failed(releasing(planned(withData), 'node-1'), 'NODE_UNREACHABLE'))).toEqual(['StepFailed']);
  });
});

describe('a service with volumes', () => {
  const onNode1 = { volumes: [{ name: 'data', node: 'node-1' }] };
  const pulled: TaskEvent = { type: 'ImageMissing', data: { ordinal: 0 } };

  it('goes nowhere without its data', () => {
    const state = placed(planned(withVolume, onNode1), 'node-1');
    expect(types(failed(state, 'NO_SPACE'))).toEqual(['StepFailed']);
    expect(types(failed(after(state, [pulled]), 'NO_SPACE'))).toEqual(['StepFailed']);
  });

  it('takes another port of the node of its data', () => {
    const again = failedThere(placed(planned(withVolume, onNode1), 'node-1'), 'PORT_TAKEN');
    expect(asked(again)[1]).toMatchObject({ onNode: 'node-1', accessToken: 't1:web:0.1' });
  });

  it('that has no data yet goes elsewhere while nothing was begun on the node', () => {
    const fresh = placed(planned(withVolume), 'node-1');
    expect(types(failed(after(fresh, [pulled]), 'PULL_FAILED'))).toEqual(['PlaceFailed']);
    expect(types(failed(fresh, 'NODE_UNREACHABLE'))).toEqual(['StepFailed']);
    // What was begun there may have made them.
    const again = placed(failedThere(fresh, 'PORT_TAKEN'), 'node-1', 20_001);
    expect(asked(failedThere(fresh, 'PORT_TAKEN'))[1].onNode).toBe('node-1');
    expect(types(failed(after(again, [pulled]), 'PULL_FAILED'))).toEqual(['StepFailed']);
  });
});

it('instances of one request avoid a node where another of them has just failed', () => {
  const two = foldTask([
    accepted({ mode: 'run' }),
    { type: 'ReleaseResolved', data: { release: releaseWith('new', 2) } },
    { type: 'InstancesSurveyed', data: { instances: [] } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }, { ordinal: 1 }], surplus: [], kept: [], notes: [] } },
  ]);
  const again = failedThere(placed(two, 'node-1'), 'NO_SPACE');
  const second = nextEffects(again).find((effect) => 'ordinal' in effect && effect.ordinal === 1);
  const writes = decide(second as EffectOf<'request-node'>, again, { now });
  const [side] = sidesOf(writes, 'request-node');
  expect(side?.request).toMatchObject({ accessToken: 't1:web:1', avoidNodes: ['node-1'] });
  expect(side?.request.exceptNodes).toBeUndefined();
});
