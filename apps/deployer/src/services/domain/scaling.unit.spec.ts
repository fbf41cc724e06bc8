import { scalingPolicySchema } from '#libs/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { serviceReply } from '../../requests/domain/reply.js';
import { makePlan, planProblem } from '../../rollout/domain/plan.js';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import type { TaskEvent, TaskEventOf } from '../../task/domain/task.events.js';
import { evolve, foldTask, type TaskState } from '../../task/domain/task.state.js';
import { accepted, releaseWith, runToEnd, running } from '../../task/domain/task.testing.js';
import { countToAsk, scalingSetBy, withScaling } from './scaling.js';
import { causeOf, changeSpec, firstSpec, following, type FieldChange, type ServiceSpec } from './spec.js';
import { specAfterFailure } from './task-spec.js';

const AT = '2026-11-30T12:00:00.000Z';
const limits = { cpu: 0.25, memoryMiB: 256 };
const policyOf = (min: number, max: number, more: object = {}) =>
  scalingPolicySchema.parse({ min, max, targets: { cpu: 70 }, ...more });
const by = (arrival: number, mode = 'build-and-run'): FieldChange => ({
  ...{ arrival, at: AT, by: mode, token: `t${arrival}` },
});
const declares = (count: number, scaling?: ReturnType<typeof policyOf>) => ({ count, limits, scaling });
const plain = firstSpec({ release: 'r1' }, declares(1), by(1));

type Task = Partial<TaskEventOf<'TaskAccepted'>['data']>;

const release = releaseWith('r1', 1);

const surveyed = (task: Task, spec: ServiceSpec | undefined, arrival = 2): TaskState =>
  foldTask([
    accepted({ token: `t${arrival}`, ...task }),
    { type: 'ReleaseResolved', data: { release } },
    { type: 'InstancesSurveyed', data: { instances: [], spec, arrival } },
  ]);

describe('a policy that config.json declares', () => {
  it('brings the count within its bounds, and no later deploy resets the count', () => {
    const first = changeSpec(plain, { release: 'r2', declares: declares(1, policyOf(2, 6)) }, by(2));
    expect(first).toMatchObject({ count: 2, scaling: { min: 2, max: 6 }, revision: 2 });
    const scaled = changeSpec(first, { count: 5 }, by(3, 'autoscale'));
    const again = changeSpec(scaled, { release: 'r3', declares: declares(4, policyOf(2, 6)) }, by(4));
    expect(again).toMatchObject({ count: 5, declaredCount: 4 });
    expect(again.changes.count.by).toBe('autoscale');
    expect(causeOf({ token: 't2', spec: first })).toBe('build-and-run');
  });

  it('leaves the count to config.json and people where it is of limits alone', () => {
    const limitsAlone = scalingPolicySchema.parse({ vertical: { cpu: { min: 0.1, max: 1 } } });
    const first = changeSpec(plain, { release: 'r2', declares: declares(3, limitsAlone) }, by(2));
    expect(first).toMatchObject({ count: 3, scaling: { vertical: { cpu: { max: 1 } } } });
    const scaled = changeSpec(first, { count: 5 }, by(3, 'scale'));
    expect(changeSpec(scaled, { release: 'r3', declares: declares(2, limitsAlone) }, by(4)).count).toBe(2);
    expect(countToAsk(scaled, AT)).toBeUndefined();
  });

  it('says with replicas how many are wanted at first', () => {
    const begun = (count: number) =>
      firstSpec({ release: 'r1' }, declares(count, policyOf(2, 6)), by(1)).count;
    expect([begun(1), begun(4), begun(9)]).toEqual([2, 4, 6]);
  });

  it('counts only where it differs from the one that was declared last', () => {
    const declared = policyOf(1, 4);
    const first = changeSpec(plain, { declares: declares(1, declared) }, by(2));
    const set = withScaling(first, policyOf(1, 20), by(3, 'scaling'));
    // As it comes back from the database: with its members in another order.
    const stored = JSON.parse(
      JSON.stringify(declared, Object.keys(flat(declared)).toSorted()),
    ) as typeof declared;
    expect(changeSpec(set, { declares: declares(1, stored) }, by(4)).scaling).toMatchObject({ max: 20 });
    expect(scalingSetBy(set)).toBe('api');
    const other = changeSpec(set, { declares: declares(1, policyOf(1, 5)) }, by(5));
    expect([other.scaling?.max, scalingSetBy(other)]).toEqual([5, 'config.json']);
    expect(changeSpec(other, { declares: declares(1) }, by(6))).toMatchObject({
      scaling: undefined,
      count: 1,
    });
  });

  it('a deploy that arrived before somebody set a policy does not undo that', () => {
    const set = withScaling(plain, policyOf(1, 20), by(5, 'scaling'));
    const late = changeSpec(set, { release: 'r2', declares: declares(1, policyOf(1, 4)) }, by(3));
    expect(late).toMatchObject({ scaling: { max: 20 }, declaredScaling: { max: 4 }, release: 'r2' });
  });

  it('is taken back with a deploy that fails', () => {
    const config = releaseWith('r2', 1, { scaling: { min: 3, max: 4, targets: { cpu: 70 } } });
    const begun = foldTask([
      accepted({ mode: 'run', token: 't7' }),
      { type: 'ReleaseResolved', data: { release: config } },
      { type: 'InstancesSurveyed', data: { instances: [], spec: plain, arrival: 7 } },
    ]);
    const planned: TaskEvent = { type: 'PlanMade', data: makePlan(begun, AT) };
    expect(planned.data.spec).toMatchObject({ count: 3, scaling: { max: 4 } });
    const error = { code: 'X', message: 'm', hint: 'h' };
    const failed = [planned, { type: 'StepFailed', data: { step: 'x', error } } as const];
    const after = specAfterFailure(failed.reduce<TaskState>(evolve, begun), AT);
    expect(after).toMatchObject({ count: 1, changes: { scaling: { arrival: 7, by: 'run failed' } } });
    expect(after).not.toHaveProperty('scaling.max');
  });
});

/** A member by each name within. */
const flat = (value: object): Record<string, unknown> =>
  Object.assign(
    { ...value },
    ...Object.values(value).map((inner: unknown) =>
      typeof inner === 'object' && inner !== null ? flat(inner) : {},
    ),
  ) as Record<string, unknown>;

describe('a policy that somebody sets', () => {
  it('asks for a count only where the present one is out of its bounds', () => {
    const spec = withScaling(plain, policyOf(3, 5), by(2, 'scaling'));
    expect([spec.count, spec.revision, countToAsk(spec, AT)]).toEqual([1, 2, 3]);
    expect(countToAsk({ ...spec, count: 9 }, AT)).toBe(5);
    expect(countToAsk({ ...spec, count: 4 }, AT)).toBeUndefined();
    expect(countToAsk(plain, AT)).toBeUndefined();
  });

  it('has the bounds of its open window', () => {
    const windows = [{ cron: '0 11 * * *', durationMs: 7_200_000, min: 4 }];
    const spec = withScaling(plain, policyOf(1, 5, { windows }), by(2, 'scaling'));
    expect(countToAsk(spec, AT)).toBe(4);
    expect(countToAsk(spec, '2026-11-30T13:00:00.000Z')).toBeUndefined();
  });
});

describe('a count that is asked for', () => {
  const spec = withScaling(following(plain, { ...plain, count: 4 }), policyOf(2, 6), by(2, 'scaling'));
  const refused = (task: Task, of: ServiceSpec = spec) => planProblem(surveyed(task, of), AT);

  it.each<[Task]>([
    [{ mode: 'scale', scale: { to: 7 } }],
    [{ mode: 'scale', scale: { to: 1, fence: 3 } }],
    [{ mode: 'scale', scale: { by: 3 } }],
    [{ mode: 'run', replicas: 1 }],
  ])('is refused out of the bounds, by their names: %j', (task) => {
    expect(refused(task)).toMatchObject({
      code: 'SCALE_OUT_OF_BOUNDS',
      message: expect.stringContaining('shop/web scales within 2 to 6 instances by its policy') as string,
    });
  });

  it('is taken within them, and the plan says that it may change again', () => {
    expect(refused({ mode: 'scale', scale: { to: 6 } })).toBeUndefined();
    const notes = (scale: Task['scale']) => makePlan(surveyed({ mode: 'scale', scale }, spec), AT).notes;
    expect(notes({ to: 6 })).toEqual([
      expect.stringContaining('The autoscaler owns the count of shop/web within 2 to 6'),
    ]);
    expect(notes({ to: 6, fence: 1 })).toEqual([]);
  });

  it('was carried out long after the load that asked for it had gone', () => {
    const scale = { to: 5, fence: 1, validUntil: '2026-11-30T12:00:30.000Z' };
    const state = surveyed({ mode: 'scale', scale }, spec);
    expect(planProblem(state, '2026-11-30T12:00:30.000Z')).toBeUndefined();
    expect(planProblem(state, '2026-11-30T12:00:36.000Z')).toMatchObject({
      code: 'SCALE_OUTDATED',
      message: expect.stringContaining('shop/web is not scaled to 5: that was to begin until') as string,
    });
  });

  it('was carried out although another one had been decided on since', () => {
    const state = { ...surveyed({ mode: 'scale', scale: { to: 5, fence: 1 } }, spec), isOvertaken: true };
    expect(planProblem(state, AT)).toMatchObject({
      ...{
        code: 'SCALE_OUTDATED',
        message: 'shop/web is not scaled to 5: another count was asked for since.',
      },
    });
  });

  it('leads towards the bounds where a window has closed', () => {
    const many = { ...spec, count: 12 };
    expect(refused({ mode: 'scale', scale: { to: 10, fence: 1 } }, many)).toBeUndefined();
    expect(refused({ mode: 'scale', scale: { to: 13, fence: 1 } }, many)?.code).toBe('SCALE_OUT_OF_BOUNDS');
  });

  it('is the autoscaler’s in the history', () => {
    const plan = makePlan(surveyed({ mode: 'scale', scale: { to: 5, fence: 1 } }, spec), AT);
    expect(plan.spec?.changes.count.by).toBe('autoscale');
  });
});

describe('while no request comes and none is wanted', () => {
  const idle = withScaling(following(plain, { ...plain, count: 0 }), policyOf(0, 4), by(2, 'scaling'));
  const record: Parameters<typeof runToEnd>[2] = (state, effect) =>
    isRecorded(effect) ? decide(effect, state, { now: new Date(AT) }).events : undefined;
  const ran = (task: Task, more: object = {}) =>
    runToEnd(accepted({ mode: 'run', ...task }), { release, spec: idle, ...more }, record);

  it.each(['run', 'build-and-run', 'rollback'] as const)(
    'a %s proves the release with one instance, and leaves 0',
    (mode) => {
      const { done, state } = ran({ mode });
      const started = 'shop-web-t1-0';
      expect(done.slice(-5)).toEqual([
        ...['start-instance 0', 'probe-instance 0', `drain-instance ${started}`, `stop-instance ${started}`],
        'succeed',
      ]);
      expect((state.plan?.spec ?? idle).count).toBe(0);
      expect(serviceReply(state)).toMatchObject({ status: 'scaled-to-0', instances: [], release: 'r1' });
    },
  );

  it('a release that does not become healthy fails the deploy, and nothing of it stays', () => {
    const { done, state } = ran({}, { failing: ['probe-instance 0'] });
    expect(done).toContain('remove-leftovers');
    expect(state.outcome).toBe('failed');
  });

  it('a place that fails is left for another, which proves it as well', () => {
    const { done, state } = ran({}, { failingPlaces: { 'start-instance 0': 1 } });
    expect(done.filter((effect) => effect.startsWith('stop-instance'))).toHaveLength(1);
    expect(state.outcome).toBe('scaled-to-0');
  });

  it('what a person has scaled to 0 starts nothing', () => {
    const { scaling: _, ...byHand } = idle;
    expect(makePlan(surveyed({ mode: 'run' }, byHand), AT).slots).toEqual([]);
  });

  it('what runs all the same is stopped', () => {
    const { state } = ran({}, { before: [running('a', release)] });
    expect(state.stopped).toContain('a');
    expect(state.outcome).toBe('scaled-to-0');
  });
});

/** What may happen to a service, one after the other. */
type Step =
  | { readonly kind: 'deploy'; readonly replicas: number; readonly policy: number; readonly fails: boolean }
  | { readonly kind: 'scale' | 'autoscale'; readonly to: number; readonly fence: number }
  | { readonly kind: 'set'; readonly policy: number }
  | { readonly kind: 'reset' | 'stop' | 'rollback' };

/** None, and four with bounds that differ. */
const policies = [undefined, policyOf(1, 4), policyOf(2, 6), policyOf(0, 3), policyOf(5, 9)];
const anyPolicy = fc.integer({ min: 0, max: policies.length - 1 });
const steps = fc.oneof(
  fc.record({
    kind: fc.constant('deploy' as const),
    ...{ replicas: fc.integer({ min: 1, max: 6 }), policy: anyPolicy, fails: fc.boolean() },
  }),
  fc.record({
    kind: fc.constantFrom('scale' as const, 'autoscale' as const),
    ...{ to: fc.integer({ min: 0, max: 10 }), fence: fc.integer({ min: 1, max: 5 }) },
  }),
  fc.record({ kind: fc.constant('set' as const), policy: fc.integer({ min: 1, max: policies.length - 1 }) }),
  fc.record({ kind: fc.constantFrom('reset' as const, 'stop' as const, 'rollback' as const) }),
);

/** What the words of the documentation come to, without any code of ours. */
interface Expected {
  readonly state: 'running' | 'stopped';
  readonly count: number;
  readonly replicas: number;
  readonly policy: number;
  readonly declared: number;
  readonly fence: number;
}

const into = (policy: number, count: number): number => {
  const { min = 0, max = 50 } = policies[policy] ?? {};
  return Math.min(max, Math.max(min, count));
};

function expected(now: Expected, step: Step): Expected {
  switch (step.kind) {
    case 'deploy': {
      if (step.fails) return now;
      const policy = step.policy === now.declared ? now.policy : step.policy;
      const replicas = policy === 0 && step.replicas !== now.replicas ? step.replicas : now.count;
      const count = policy === now.policy ? replicas : into(policy, replicas);
      return { ...now, state: 'running', count, policy, declared: step.policy, replicas: step.replicas };
    }
    case 'scale':
      return into(now.policy, step.to) === step.to ? { ...now, count: step.to } : now;
    case 'autoscale': {
      if (step.fence < now.fence) return now;
      const isWithin = into(now.policy, step.to) === step.to;
      return { ...now, fence: step.fence, count: isWithin ? step.to : now.count };
    }
    case 'set':
      return { ...now, policy: step.policy, count: into(step.policy, now.count) };
    case 'reset':
      return { ...now, policy: now.declared, count: into(now.declared, now.count) };
    case 'stop':
      return { ...now, state: 'stopped' };
    case 'rollback':
      return { ...now, state: 'running' };
  }
}

/** Reading a config.json costs more than all else here. */
const releases = new Map<string, ReturnType<typeof releaseWith>>();
function releaseOf(config: object): ReturnType<typeof releaseWith> {
  const key = JSON.stringify(config);
  const known = releases.get(key) ?? releaseWith('r', 1, config);
  releases.set(key, known);
  return known;
}

/** The spec after a task that runs to its end or fails. */
function carriedOut(
  spec: ServiceSpec,
  task: Task,
  arrival: number,
  { config = {}, fails = false } = {},
): ServiceSpec {
  const begun = foldTask([
    accepted({ token: `t${arrival}`, ...task }),
    { type: 'ReleaseResolved', data: { release: releaseOf(config) } },
    { type: 'InstancesSurveyed', data: { instances: [], spec, arrival } },
  ]);
  if (planProblem(begun, AT) !== undefined) return spec;
  const data = makePlan(begun, AT);
  const planned = evolve(begun, { type: 'PlanMade', data });
  const after = data.spec ?? spec;
  if (!fails) return after;
  const error = { code: 'X', message: 'm', hint: 'h' };
  return specAfterFailure(evolve(planned, { type: 'StepFailed', data: { step: 'x', error } }), AT) ?? after;
}

const scaled = (spec: ServiceSpec, scale: Task['scale'], arrival: number): ServiceSpec =>
  carriedOut(spec, { mode: 'scale', scale }, arrival);

/** With the count that a change of the policy asks for. */
function withPolicy(
  spec: ServiceSpec,
  policy: ServiceSpec['scaling'],
  arrival: number,
  cause: string,
): ServiceSpec {
  const changed = withScaling(spec, policy, by(arrival, cause));
  const to = countToAsk(changed, AT);
  return to === undefined ? changed : scaled(changed, { to }, arrival);
}

function done(spec: ServiceSpec, step: Step, arrival: number, fence: number): ServiceSpec {
  switch (step.kind) {
    case 'deploy': {
      const config = { replicas: step.replicas, scaling: policies[step.policy] };
      return carriedOut(spec, { mode: 'build-and-run' }, arrival, { config, fails: step.fails });
    }
    case 'scale':
      return scaled(spec, { to: step.to }, arrival);
    case 'autoscale':
      return step.fence < fence ? spec : scaled(spec, { to: step.to, fence: step.fence }, arrival);
    case 'set':
      return withPolicy(spec, policies[step.policy], arrival, 'scaling');
    case 'reset':
      return withPolicy(spec, spec.declaredScaling, arrival, 'scaling reset');
    case 'stop':
    case 'rollback':
      return carriedOut(spec, { mode: step.kind }, arrival);
  }
}

it('any order of changes ends with what the last change of each number asked for, within the bounds', () => {
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 15 }), (list) => {
      let spec = plain;
      let model: Expected = { state: 'running', count: 1, replicas: 1, policy: 0, declared: 0, fence: 0 };
      for (const [index, step] of list.entries()) {
        spec = done(spec, step, index + 2, model.fence);
        model = expected(model, step);
        const { min = 0, max = 50 } = spec.scaling ?? {};
        expect(spec.count).toBeGreaterThanOrEqual(min);
        expect(spec.count).toBeLessThanOrEqual(max);
      }
      expect(spec).toMatchObject({ state: model.state, count: model.count });
      expect(spec.scaling).toEqual(policies[model.policy]);
    }),
    { numRuns: 100 },
  );
});
