import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canaryCount } from '#libs/contracts';
import { firstSpec, type ServiceSpec, wantedCount } from '../../services/domain/spec.js';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import { sidesOf } from '../../task/domain/step-writes.js';
import type { Release, RunningInstance, TaskEventOf } from '../../task/domain/task.events.js';
import { foldTask, releaseOf, serves } from '../../task/domain/task.state.js';
import { accepted, releaseWith, running, runToEnd } from '../../task/domain/task.testing.js';
import { changesOf, makePlan, planProblem } from './plan.js';

const AT = '2026-01-01T00:00:00.000Z';
const releases = new Map(['r1', 'r2', 'r3', 'r4'].map((id) => [id, releaseWith(id, 1)]));
const release = (id: string): Release => releases.get(id) as Release;
const by = { arrival: 1, at: AT, by: 'run', token: 't0' };
const declared = { count: 1, limits: release('r1').config.resources };
const specOf = (more: Partial<ServiceSpec> = {}): ServiceSpec => ({
  ...firstSpec({ release: 'r1' }, declared, by),
  count: 4,
  ...more,
});
const four = ['a', 'b', 'c', 'd'].map((name) => running(name, release('r1')));

type Task = Partial<TaskEventOf<'TaskAccepted'>['data']>;

/** What runs and what is wanted, and the arrival of the last task. */
interface Service {
  readonly spec: ServiceSpec;
  readonly instances: readonly RunningInstance[];
  readonly arrival: number;
}

const start: Service = { spec: specOf(), instances: four, arrival: 1 };

/** Carries a task out; `failing` are keys of effects that fail. */
function after(service: Service, task: Task, failing: readonly string[] = []) {
  const arrival = service.arrival + 1;
  const { spec, instances } = service;
  const canary =
    task.scale?.canary?.percent === 0 ? undefined : (task.scale?.canary?.release ?? spec.canary?.release);
  let wanted = spec;
  const { state, done } = runToEnd(
    accepted({ token: `t${arrival}`, mode: 'scale', ...task }),
    {
      release: release(task.wantedRelease ?? spec.release ?? 'r1'),
      ...(canary !== undefined && { canary: release(canary) }),
      ...{ before: instances, spec, arrival, failing },
    },
    (now, effect) => {
      if (!isRecorded(effect)) return undefined;
      const writes = decide(effect, now, { now: new Date(0), drainMs: 0 });
      for (const { spec: changed } of sidesOf(writes, 'change-spec')) wanted = changed;
      for (const { changes } of sidesOf(writes, 'repeat-spec')) wanted = { ...wanted, changes };
      return writes.events;
    },
    (effects) => effects.find(isRecorded) ?? effects[0],
  );
  const started = state.slots.flatMap((slot) => {
    const runs = releaseOf(state, slot);
    return serves(state, slot) && runs !== undefined ? [running(slot.name ?? '', runs)] : [];
  });
  const stay = instances.filter(({ name }) => !state.stopped.includes(name));
  return { state, done, service: { spec: wanted, instances: [...stay, ...started], arrival } };
}

const canaryTask = (id: string, percent: number, instances?: number): Task => ({
  scale: { canary: { release: id, percent, ...(instances !== undefined && { instances }) } },
});
const alive = ({ instances }: Service): readonly string[] =>
  instances
    .filter((one) => one.alive)
    .map((one) => one.release.id)
    .toSorted();
const ids = (...counts: readonly (readonly [string, number])[]): readonly string[] =>
  counts.flatMap(([id, count]) => Array.from({ length: count }, () => id));

describe('a canary', () => {
  it('starts beside what runs, which it leaves untouched', () => {
    const { service, state } = after(start, canaryTask('r2', 30));
    expect(alive(service)).toEqual(ids(['r1', 4], ['r2', 2]));
    expect(state.stopped).toEqual([]);
    expect(service.spec).toMatchObject({ release: 'r1', count: 4, canary: { release: 'r2', percent: 30 } });
    expect(state.plan?.notes).toEqual([
      '30 percent of the requests go to release r2, by 2 instances; the rest go to release r1.',
    ]);
  });

  it('that gets another share starts nothing that runs already', () => {
    const { service } = after(start, canaryTask('r2', 10));
    const more = after(service, canaryTask('r2', 25));
    expect(more.done.filter((key) => key.startsWith('start') || key.startsWith('stop'))).toEqual([]);
    expect(more.service.spec).toMatchObject({ canary: { percent: 25 }, revision: 3 });
    const most = after(more.service, canaryTask('r2', 50));
    expect(most.done.filter((key) => key.startsWith('start'))).toEqual(['start-instance 0']);
  });

  it('that never gets healthy fails the request, and leaves nothing of it', () => {
    const { service, state, done } = after(start, canaryTask('r2', 30), ['probe-instance 0']);
    expect(state.outcome).toBe('failed');
    expect(done).toContain('remove-leftovers');
    expect(alive(service)).toEqual(ids(['r1', 4]));
    expect(state.stopped).toEqual([]);
    expect(service.spec).not.toHaveProperty('canary');
    expect(service.spec.changes.canary?.by).toBe('canary failed');
  });

  it('of which one more never gets healthy keeps the share from before', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const failed = after(service, canaryTask('r2', 75), ['await-node 0']);
    expect(alive(failed.service)).toEqual(ids(['r1', 4], ['r2', 1]));
    expect(failed.service.spec.canary).toEqual({ release: 'r2', percent: 25 });
  });

  it('takes the place of another canary once it is healthy', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const failed = after(service, canaryTask('r3', 25), ['probe-instance 0']);
    expect(alive(failed.service)).toEqual(ids(['r1', 4], ['r2', 1]));
    expect(failed.service.spec.canary?.release).toBe('r2');
    const next = after(failed.service, canaryTask('r3', 25));
    expect(alive(next.service)).toEqual(ids(['r1', 4], ['r3', 1]));
    expect(next.done.indexOf('probe-instance 0')).toBeLessThan(
      next.done.findIndex((key) => key.startsWith('drain-instance')),
    );
  });

  it('that is taken away is drained and stopped; that of another release stays', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const other = after(service, canaryTask('r3', 0));
    expect(alive(other.service)).toEqual(ids(['r1', 4], ['r2', 1]));
    expect(other.state.plan?.notes).toEqual(['r3 is no canary of shop/web; release r2 stays one.']);
    const ended = after(other.service, canaryTask('r2', 0));
    expect(alive(ended.service)).toEqual(ids(['r1', 4]));
    expect(ended.state.plan?.notes).toEqual([
      'The canary ends: release r2, which had 25 percent of the requests, gets no requests any more.',
    ]);
    expect(ended.done.filter((key) => key.startsWith('drain-instance'))).toHaveLength(1);
  });

  it('that is promoted keeps its instances, and the others are replaced', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const { service: promoted, state } = after(service, { mode: 'run', wantedRelease: 'r2' });
    expect(alive(promoted)).toEqual(ids(['r2', 4]));
    expect(state.plan?.kept).toHaveLength(1);
    expect(promoted.spec).toMatchObject({ release: 'r2', count: 4 });
    expect(promoted.spec).not.toHaveProperty('canary');
    expect(state.plan?.notes[0]).toBe(
      'The canary ends: release r2, which had 25 percent of the requests, gets all requests from now on.',
    );
  });

  it('ends with a deployment, and the plan says so', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const { service: deployed, state } = after(service, { mode: 'run', wantedRelease: 'r3' });
    expect(alive(deployed)).toEqual(ids(['r3', 4]));
    expect(state.plan?.notes[0]).toMatch(/^The canary ends/);
    expect(
      changesOf(state)
        .map(({ action }) => action)
        .toSorted(),
    ).toEqual([...['replace', 'replace', 'replace', 'replace', 'stop']]);
  });

  it('comes back where the deployment that ended it fails', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const failed = after(service, { mode: 'run', wantedRelease: 'r3' }, ['probe-instance 0']);
    expect(failed.service.spec.canary).toEqual({ release: 'r2', percent: 25 });
    expect(alive(failed.service)).toEqual(ids(['r1', 4], ['r2', 1]));
  });

  it('follows the count of its service, and runs where that is scaled to 0 and back', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const eight = after(service, { scale: { to: 8 } }).service;
    expect(alive(eight)).toEqual(ids(['r1', 8], ['r2', 2]));
    const none = after(eight, { scale: { to: 0 } }).service;
    expect(alive(none)).toEqual([]);
    expect(alive(after(none, { scale: { to: 1 } }).service)).toEqual(ids(['r1', 1], ['r2', 1]));
  });

  it('loses the instance that is named, and not one of the wanted release', () => {
    const { service } = after(start, canaryTask('r2', 25, 2));
    const [name] = service.instances.filter((one) => one.release.id === 'r2').map((one) => one.name);
    const fewer = after(service, { scale: { instance: name } }).service;
    expect(alive(fewer)).toEqual(ids(['r1', 4], ['r2', 1]));
    expect(fewer.spec).toMatchObject({ count: 4, canary: { count: 1 } });
  });

  it('whose instance dies gets another of its release, by a repair and by a restore', () => {
    const { service } = after(start, canaryTask('r2', 25));
    const [name = ''] = service.instances.filter((one) => one.release.id === 'r2').map((one) => one.name);
    const crashed = crash(service, name);
    for (const scale of [{ repairs: name }, { restore: true }])
      expect(alive(after(crashed, { scale }).service)).toEqual(ids(['r1', 4], ['r2', 1]));
    const moved = after(service, { scale: { repairs: name, moves: true } });
    expect(alive(moved.service)).toEqual(ids(['r1', 4], ['r2', 1]));
    expect(moved.service.instances.map((one) => one.name)).not.toContain(name);
  });

  it('has the release command of its release run once, before it starts', () => {
    const withCommand = releaseWith('r2', 1, { release: ['node', 'migrate.js'] });
    releases.set('r2', withCommand);
    const { done } = after(start, canaryTask('r2', 50));
    releases.set('r2', releaseWith('r2', 1));
    expect(done.indexOf('run-release-command 0')).toBeGreaterThan(0);
    expect(done.indexOf('run-release-command 0')).toBeLessThan(done.indexOf('start-instance 0'));
    expect(done).not.toContain('run-release-command 1');
  });
});

const crash = (service: Service, name: string): Service => ({
  ...service,
  instances: service.instances.map((one) => (one.name === name ? { ...one, alive: false } : one)),
});

describe('why there is no canary', () => {
  const problemOf = (more: Partial<ServiceSpec>, canary = release('r2'), spec = specOf(more)) =>
    planProblem(
      foldTask([
        accepted({ mode: 'scale', scale: { canary: { release: canary.id, percent: 10 } } }),
        { type: 'InstancesSurveyed', data: { instances: four, spec, arrival: 2 } },
        { type: 'ReleaseResolved', data: { release: release('r1'), canary } },
      ]),
      AT,
    );

  it('is said of what does not run, of what runs already, of volumes and of workers', () => {
    expect(problemOf({})).toBeUndefined();
    const volumes = releaseWith('r2', 1, { volumes: [{ name: 'data', path: '/data' }] });
    const { port: _, ...worker } = release('r2').config;
    const problems = [
      problemOf({ state: 'stopped' }),
      problemOf({}, release('r1')),
      problemOf({}, volumes),
      problemOf({}, { ...release('r2'), config: worker }),
    ];
    expect(problems.map((problem) => problem?.code)).toEqual(Array(4).fill('CANARY_REFUSED'));
    expect(problems[1]?.message).toMatch('shop/web runs r1 already');
  });
});

const operations = fc.oneof(
  fc.record({ kind: fc.constant('deploy' as const), id: fc.constantFrom('r1', 'r2', 'r3', 'r4') }),
  fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 0, max: 6 }) }),
  fc.record({
    kind: fc.constant('canary' as const),
    id: fc.constantFrom('r1', 'r2', 'r3', 'r4'),
    percent: fc.integer({ min: 0, max: 99 }),
    fails: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('crash' as const), nth: fc.nat({ max: 20 }), isRepaired: fc.boolean() }),
  fc.constant({ kind: 'stop' as const }),
);

type Operation = typeof operations extends fc.Arbitrary<infer O> ? O : never;

function carriedOut(service: Service, operation: Operation): Service {
  switch (operation.kind) {
    case 'deploy':
      return after(service, { mode: 'run', wantedRelease: operation.id }).service;
    case 'scale':
      return after(service, { scale: { to: operation.to } }).service;
    case 'stop':
      return after(service, { mode: 'stop' }).service;
    case 'canary': {
      const before = alive(service);
      const { id, percent, fails } = operation;
      const { service: next, state } = after(
        service,
        canaryTask(id, percent),
        fails ? ['probe-instance 0'] : [],
      );
      // Whatever comes of it, what serves of the wanted release goes on.
      const ofMain = (all: readonly string[]) => all.filter((one) => one === service.spec.release);
      expect(ofMain(alive(next))).toEqual(ofMain(before));
      if (state.outcome === 'failed') expect(alive(next)).toEqual(before);
      return next;
    }
    case 'crash': {
      const victim = service.instances[operation.nth % Math.max(1, service.instances.length)];
      if (victim === undefined) return service;
      const crashed = crash(service, victim.name);
      return operation.isRepaired ? after(crashed, { scale: { repairs: victim.name } }).service : crashed;
    }
  }
}

it('counts and releases end as asked, in any order of deployments, scalings, canaries, ends and crashes', () => {
  fc.assert(
    fc.property(fc.array(operations, { maxLength: 10 }), (list) => {
      const end = list.reduce(carriedOut, start);
      const { spec } = end;
      const restored = after(end, { scale: { restore: true } }).service;
      expect(restored.spec).toEqual(spec);
      const wanted = ids(
        [spec.release ?? '', wantedCount(spec)],
        [spec.canary?.release ?? '', canaryCount(spec)],
      );
      expect(alive(restored)).toEqual(wanted.toSorted());
      expect(spec.canary?.release).not.toBe(spec.release);
    }),
    { numRuns: 120 },
  );
});

it('a plan of a request for a canary needs its survey', () => {
  expect(() => makePlan(foldTask([accepted({ mode: 'scale', ...canaryTask('r2', 1) })]), AT)).toThrow();
});
