import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makePlan, planProblem } from '../../rollout/domain/plan.js';
import type { TaskEvent, TaskEventOf } from '../../task/domain/task.events.js';
import { foldTask, type TaskState } from '../../task/domain/task.state.js';
import { accepted, releaseWith, running } from '../../task/domain/task.testing.js';
import { firstSpec, type ServiceSpec } from './spec.js';
import { specAfterFailure, specOfTask, stillWanted } from './task-spec.js';

const AT = '2026-01-01T00:00:00.000Z';
const old = releaseWith('old', 1);
const fresh = releaseWith('new', 1);
const declared = { count: 1, limits: old.config.resources };
const wanted: ServiceSpec = {
  ...firstSpec({ release: 'old' }, declared, { arrival: 1, at: AT, by: 'run', token: 't0' }),
  count: 3,
};
const three = ['a', 'b', 'c'].map((name) => running(name, old));

type Task = Partial<TaskEventOf<'TaskAccepted'>['data']>;

/** A task that has planned, and then failed so. */
function failed(
  task: Task,
  code: string,
  spec: ServiceSpec | undefined,
  more: readonly TaskEvent[] = [],
): TaskState {
  const survey: TaskEvent = { type: 'InstancesSurveyed', data: { instances: three, spec, arrival: 2 } };
  const begun: TaskEvent[] = [accepted(task), { type: 'ReleaseResolved', data: { release: fresh } }, survey];
  const planned: TaskEvent = { type: 'PlanMade', data: makePlan(foldTask(begun), AT) };
  const error = { code, message: 'm', hint: 'h' };
  return foldTask([...begun, planned, ...more, { type: 'StepFailed', data: { step: 'x', error } }]);
}

describe('what is wanted after a task that failed', () => {
  it('is what was wanted before a deployment, for that serves', () => {
    const after = specAfterFailure(failed({ mode: 'run' }, 'HEALTH_TIMEOUT', wanted), AT);
    expect(after).toMatchObject({ state: 'running', release: 'old', count: 3, revision: 3 });
    expect(after?.changes.release).toMatchObject({ by: 'run failed', token: 't1' });
  });

  it('a deployment that fails keeps the count that it named', () => {
    const state = failed({ mode: 'run', replicas: 5 }, 'HEALTH_TIMEOUT', wanted);
    expect(specAfterFailure(state, AT)).toMatchObject({ release: 'old', count: 5 });
  });

  it('a stop that is cancelled is none, and neither is a scaling', () => {
    const stop = specAfterFailure(failed({ mode: 'stop' }, 'CANCELLED', wanted), AT);
    expect(stop).toMatchObject({ state: 'running', count: 3, changes: { state: { by: 'stop cancelled' } } });
    const scale = specAfterFailure(failed({ mode: 'scale', scale: { to: 1 } }, 'CANCELLED', wanted), AT);
    expect(scale?.count).toBe(3);
  });

  it('a scaling that fails stays wanted', () => {
    expect(
      specAfterFailure(failed({ mode: 'scale', scale: { to: 5 } }, 'NO_NODE', wanted), AT),
    ).toBeUndefined();
  });

  it('a first deployment that fails leaves a stopped service without a release', () => {
    const begun = [
      accepted({ mode: 'run' }),
      { type: 'ReleaseResolved', data: { release: fresh } },
      { type: 'InstancesSurveyed', data: { instances: [], arrival: 2 } },
    ] as const satisfies readonly TaskEvent[];
    const state = foldTask([...begun, { type: 'PlanMade', data: makePlan(foldTask(begun), AT) }]);
    const after = specAfterFailure({ ...state, failure: { code: 'X', message: 'm', hint: 'h' } }, AT);
    expect(after).toMatchObject({ state: 'stopped', release: undefined });
  });
});

describe('a count that ends out of bounds', () => {
  const problem = (scale: Task['scale'], count: number, survey = three) =>
    planProblem(
      foldTask([
        accepted({ mode: 'scale', scale }),
        {
          type: 'InstancesSurveyed',
          data: { instances: survey, spec: count === 0 ? undefined : { ...wanted, count }, arrival: 2 },
        },
      ]),
      AT,
    );

  it('is refused, by the name of the field', () => {
    expect(problem({ by: 50 }, 10)).toMatchObject({
      code: 'SCALE_OUT_OF_BOUNDS',
      message: 'by: 10 are wanted of shop/web, and 50 more would be 60; a service has 0 to 50 instances.',
      hint: 'Ask for the number itself: slipway scale shop web 50',
    });
    expect(problem({ by: -4 }, 3)).toMatchObject({
      code: 'SCALE_OUT_OF_BOUNDS',
      message: 'by: 3 are wanted of shop/web, and 4 fewer would be -1; a service has 0 to 50 instances.',
      hint: 'Ask for the number itself: slipway scale shop web 0',
    });
    expect(problem({ by: -4 }, 0)?.code).toBe('SCALE_OUT_OF_BOUNDS');
  });

  it.each<[Task['scale'], number]>([
    [{ by: 40 }, 10],
    [{ by: -3 }, 3],
    [{ to: 0 }, 3],
    [{ instance: 'a' }, 3],
    [{ repairs: 'a' }, 3],
    [{ restore: true }, 3],
  ])('is none: %j of %i', (scale, count) => {
    expect(problem(scale, count)).toBeUndefined();
  });

  it('every number by which a service is scaled is either kept to or refused', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 50 }), fc.integer({ min: -50, max: 50 }), (count, by) => {
        const state = foldTask([
          accepted({ mode: 'scale', scale: { by } }),
          { type: 'InstancesSurveyed', data: { instances: [], spec: { ...wanted, count }, arrival: 2 } },
        ]);
        if (planProblem(state, AT) === undefined) expect(specOfTask(state, AT).after?.count).toBe(count + by);
        else expect(count + by < 0 || count + by > 50).toBe(true);
      }),
    );
  });
});

it('a stop of a service that was never run says so', () => {
  const plan = (spec?: ServiceSpec) => {
    const survey: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [], spec, arrival: 2 } };
    return makePlan(foldTask([accepted({ mode: 'stop' }), survey]), AT);
  };
  expect(plan().notes).toEqual([expect.stringMatching(/^shop\/web was never run\. Check the name/)]);
  expect(plan(wanted).notes.join()).not.toContain('never run');
});

describe('a request that asks for what is wanted already', () => {
  const planOf = (task: Task, spec: ServiceSpec) => {
    const survey: TaskEvent = { type: 'InstancesSurveyed', data: { instances: three, spec, arrival: 2 } };
    return makePlan(
      foldTask([accepted(task), { type: 'ReleaseResolved', data: { release: old } }, survey]),
      AT,
    );
  };
  const stopped: ServiceSpec = { ...wanted, state: 'stopped' };
  const none: ServiceSpec = { ...wanted, count: 0 };

  it.each<[string, Task, ServiceSpec, string]>([
    ['a second stop', { mode: 'stop' }, stopped, 'shop/web was stopped already.'],
    ['scale 3 at 3', { mode: 'scale', scale: { to: 3 } }, wanted, 'The count of shop/web was 3 already.'],
    ['scale 0 at 0', { mode: 'scale', scale: { to: 0 } }, none, 'The count of shop/web was 0 already.'],
  ])('adds no revision: %s says so', (_, task, spec, note) => {
    const plan = planOf(task, spec);
    expect(plan.notes).toContain(note);
    expect(plan.spec?.revision).toBe(spec.revision);
    expect(plan.spec?.changes[task.mode === 'stop' ? 'state' : 'count'].arrival).toBe(2);
  });

  it('is none where something changes', () => {
    const plan = planOf({ mode: 'scale', scale: { to: 2 } }, wanted);
    expect(plan.notes.join()).not.toContain('already');
    expect(plan.spec?.revision).toBe(wanted.revision + 1);
  });
});

describe('a deployment with --replicas failed, was not taken back, and filled the nodes afterwards', () => {
  const saidBy = (task: Task, code: string, running: number) => {
    const state = failed(task, code, wanted);
    return stillWanted(state, state.failure ?? { code, message: 'm', hint: 'h' }, running);
  };

  it.each([
    ['NO_NODE', 'the rest is started as soon as there is room.'],
    ['HEALTH_TIMEOUT', 'Slipway tries again to start the rest.'],
  ])('after %s it says what stays wanted and how to take that back', (code, rest) => {
    expect(saidBy({ mode: 'run', replicas: 5 }, code, 3)).toEqual([
      `5 stays wanted: 3 run; ${rest} To take it back: slipway scale shop web 3`,
    ]);
  });

  it.each<[string, Task, string, number]>([
    ['a deployment that names no count', { mode: 'run' }, 'NO_NODE', 2],
    ['one that was cancelled', { mode: 'run', replicas: 5 }, 'CANCELLED', 3],
    ['one beside which enough run', { mode: 'run', replicas: 2 }, 'NO_NODE', 3],
    ['a scaling that was cancelled', { mode: 'scale', scale: { to: 5 } }, 'CANCELLED', 3],
  ])('%s says nothing of it', (_, task, code, running) => {
    expect(saidBy(task, code, running)).toEqual([]);
  });

  it('a first one says nothing of it, for its service is stopped then', () => {
    const survey: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [], arrival: 2 } };
    const begun = [
      accepted({ mode: 'run', replicas: 5 }),
      { type: 'ReleaseResolved', data: { release: fresh } },
      survey,
    ] as const satisfies readonly TaskEvent[];
    const error = { code: 'NO_NODE', message: 'm', hint: 'h' };
    const state = foldTask([
      ...begun,
      { type: 'PlanMade', data: makePlan(foldTask(begun), AT) },
      { type: 'StepFailed', data: { step: 'await-node', error } },
    ]);
    expect(stillWanted(state, error, 0)).toEqual([]);
  });
});

describe('a deployment changed a scaled count without a word', () => {
  const notesOf = (task: Task, count: number, declaredCount: number, replicas: number) => {
    const release = releaseWith('new', replicas);
    const spec: ServiceSpec = { ...wanted, count, declaredCount };
    const survey: TaskEvent = { type: 'InstancesSurveyed', data: { instances: three, spec, arrival: 2 } };
    return makePlan(foldTask([accepted(task), { type: 'ReleaseResolved', data: { release } }, survey]), AT)
      .notes;
  };

  it.each<[Task, number, number, number]>([
    [{ mode: 'build-and-run' }, 3, 4, 1],
    [{ mode: 'build-and-run' }, 2, 2, 4],
    [{ mode: 'run' }, 2, 2, 4],
    [{ mode: 'build-and-run', dryRun: true }, 3, 4, 1],
  ])('%j of %i, declared %i and now %i, says so', (task, count, before, now) => {
    expect(notesOf(task, count, before, now)).toContain(
      `count: ${count} -> ${now}, as config.json declares. To have ${count} again: slipway scale shop web ${count}`,
    );
  });

  it.each<[Task, number, number, number]>([
    [{ mode: 'build-and-run' }, 3, 1, 1],
    [{ mode: 'build-and-run' }, 4, 1, 4],
    [{ mode: 'build-and-run', replicas: 5 }, 3, 4, 1],
    [{ mode: 'rollback' }, 3, 4, 1],
  ])('%j of %i, declared %i and now %i, has nothing to say', (task, count, before, now) => {
    expect(notesOf(task, count, before, now).join()).not.toContain('count:');
  });
});

describe('a count that a deployment leaves', () => {
  const notesOf = (task: Task, count: number, release = old): readonly string[] => {
    const spec = { ...wanted, count };
    const survey: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [], spec, arrival: 2 } };
    return makePlan(foldTask([accepted(task), { type: 'ReleaseResolved', data: { release } }, survey]), AT)
      .notes;
  };
  const silent = { ...old, config: { ...old.config, defaultReplicas: true as const } };
  const NONE = 'No instance of shop/web is wanted, so none runs. To start one: slipway scale shop web 1';

  it('was told of a config.json that "still declares 1" though it names no replicas', () => {
    expect(notesOf({ mode: 'run' }, 3)).toEqual([
      `3 wanted since \`run\` at ${AT}; config.json still declares 1. To change it: slipway scale shop web 1`,
    ]);
    expect(notesOf({ mode: 'run' }, 3, silent)).toEqual([
      expect.stringContaining('; config.json declares no replicas, which means 1. To change it: '),
    ]);
  });

  it.each<[Task]>([
    [{ mode: 'scale', scale: { to: 0 } }],
    [{ mode: 'rollback' }],
    [{ mode: 'run', replicas: 0 }],
    [{ mode: 'run' }],
  ])('of 0 said nothing of how to start instances: %j', (task) => {
    expect(notesOf(task, 0)).toContain(NONE);
    expect(notesOf(task, 0).filter((note) => note.includes('slipway scale'))).toHaveLength(1);
  });

  it('of 0 says nothing of it where the service is stopped', () => {
    expect(notesOf({ mode: 'stop' }, 0)).not.toContain(NONE);
  });
});

it('a task that a replica of the version before has surveyed writes no spec', () => {
  const begun = [
    accepted({ mode: 'stop' }),
    { type: 'InstancesSurveyed', data: { instances: three } },
  ] as const satisfies readonly TaskEvent[];
  expect(makePlan(foldTask(begun), AT).spec).toBeUndefined();
});
