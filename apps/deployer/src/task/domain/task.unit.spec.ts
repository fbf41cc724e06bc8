import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { isRecorded } from './effect-table.js';
import { changesOf } from '../../rollout/domain/plan.js';
import { deploymentReply, serviceReply } from '../../requests/domain/reply.js';
import { servingOf } from '../../rollout/domain/serving.js';
import { firstSpec } from '../../services/domain/spec.js';
import { keyOf, nextEffects, type Effect } from './task.effects.js';
import type { RunningInstance, TaskEvent, TaskEventOf, TaskMode } from './task.events.js';
import { evolve, foldTask, type TaskState } from './task.state.js';
import {
  accepted,
  type Ran,
  type Recorder,
  releaseWith,
  runToEnd,
  running,
  type World,
} from './task.testing.js';

const given = { now: new Date('2026-01-01T00:00:00.000Z'), drainMs: 200 };
const recorder: Recorder = (state, effect) =>
  isRecorded(effect) ? decide(effect, state, given).events : undefined;

const run = (
  task: TaskEvent,
  world: World,
  choose?: (effects: readonly Effect[]) => Effect | undefined,
): Ran => runToEnd(task, world, recorder, choose);

const old = releaseWith('old', 2);
const fresh = releaseWith('new', 2);
const before = [running('a', old), running('b', old, { node: 'node-2' })];

describe('the effects of a task', () => {
  it('build: fetches, builds, pushes and ends without asking for a node', () => {
    const { done, state } = run(accepted({ mode: 'build' }), { release: fresh });
    expect(done).toEqual(['fetch-source', 'build-image', 'push-image', 'succeed']);
    expect(state.outcome).toBe('built');
  });

  it('an unchanged source is not built again', () => {
    const fetched: TaskEvent = {
      type: 'SourceFetched',
      data: { sourceDigest: fresh.sourceDigest, config: fresh.config, phase: 'fetch', ms: 5 },
    };
    const reused: TaskEvent = { type: 'ReleaseReused', data: { release: fresh } };
    expect(nextEffects(foldTask([accepted({ mode: 'build' }), fetched, reused]))).toEqual([
      { kind: 'succeed', outcome: 'built' },
    ]);
  });

  it('surveys and asks for nodes while the image is still built', () => {
    const fetched: TaskEvent = {
      type: 'SourceFetched',
      data: { sourceDigest: fresh.sourceDigest, config: fresh.config, phase: 'fetch', ms: 5 },
    };
    const surveyed: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [] } };
    let state = foldTask([accepted({}), fetched, surveyed]);
    expect(nextEffects(state).map(({ kind }) => kind)).toEqual(['build-image', 'make-plan']);
    const [, plan] = nextEffects(state);
    state = (recorder(state, plan as Effect) ?? []).reduce<TaskState>(evolve, state);
    expect(nextEffects(state).map(keyOf)).toEqual(['build-image', 'request-node 0', 'request-node 1']);
  });

  it('what replaces nothing starts side by side', () => {
    const plan: TaskEvent = {
      type: 'PlanMade',
      data: { slots: [{ ordinal: 0 }, { ordinal: 1 }], surplus: [], kept: [], notes: [] },
    };
    const state = foldTask([
      accepted({ mode: 'run' }),
      { type: 'ReleaseResolved', data: { release: fresh } },
      { type: 'InstancesSurveyed', data: { instances: [] } },
      plan,
    ]);
    expect(nextEffects(state).map(keyOf)).toEqual(['request-node 0', 'request-node 1']);
  });

  it('a running service is replaced one instance at a time: healthy first, then drained, then stopped', () => {
    const { done, state } = run(accepted({}), { release: fresh, before });
    const steps = done.filter((key) => /probe|drain|stop/.test(key));
    expect(steps).toEqual([
      ...['probe-instance 0', 'drain-instance a', 'stop-instance a'],
      ...['probe-instance 1', 'drain-instance b', 'stop-instance b'],
    ]);
    expect(state.outcome).toBe('running');
    expect(serviceReply(state).instances).toHaveLength(2);
  });

  it('what runs the wanted release already stays, and what died of it is made good', () => {
    const world = { release: old, before: [running('a', old), running('b', old, { alive: false })] };
    const { done, state } = run(accepted({ mode: 'run' }), world);
    expect(done).toContain('start-instance 0');
    expect(done).not.toContain('start-instance 1');
    expect(state.stopped).toEqual(['b']);
    expect(servingOf(state).instances.map(({ container }) => container)).toEqual(['c-a', 'c-shop-web-t1-0']);
  });

  it('run of what runs is nothing to do, unless a restart is asked for', () => {
    const { done } = run(accepted({ mode: 'run' }), { release: old, before });
    expect(done).toEqual(['take-turn', 'resolve-release', 'survey', 'make-plan', 'succeed']);
    expect(run(accepted({ mode: 'run', restart: true }), { release: old, before }).done).toContain(
      'stop-instance b',
    );
  });

  it('stop neither fetches nor builds (the seed built and ran on stop)', () => {
    const { done, state } = run(accepted({ mode: 'stop' }), { release: fresh, before });
    expect(done.filter((key) => !/drain|stop/.test(key))).toEqual(['survey', 'make-plan', 'succeed']);
    expect(state.outcome).toBe('stopped');
  });

  it('stopping what does not run is a success that says so', () => {
    expect(run(accepted({ mode: 'stop' }), { release: fresh }).state.outcome).toBe('not-running');
  });

  it('a dry run changes nothing and says what it would do', () => {
    const { done, state } = run(accepted({ dryRun: true }), { release: fresh, before });
    expect(done).toEqual(['fetch-source', 'survey', 'make-plan', 'succeed']);
    expect(serviceReply(state).plan).toEqual([
      { action: 'build' },
      { action: 'replace', instance: 'a', node: 'node-1' },
      { action: 'replace', instance: 'b', node: 'node-2' },
    ]);
  });

  it('a dry run of what is as it should be has an empty plan', () => {
    const { state } = run(accepted({ mode: 'run', dryRun: true }), { release: old, before });
    expect(state.outcome).toBe('planned');
    expect(changesOf(state)).toEqual([]);
  });

  it('waits for what it depends on before anything else', () => {
    const { done } = run(accepted({ dependsOn: ['db'] }), { release: fresh });
    expect(done[0]).toBe('await-dependencies');
    expect(
      run(accepted({ dependsOn: ['db'] }), { release: fresh, failing: ['await-dependencies'] }).done,
    ).toEqual(['await-dependencies', 'remove-leftovers', 'fail']);
  });

  it('refuses a stream that does not begin with TaskAccepted', () => {
    expect(() => evolve(undefined, { type: 'DependenciesMet', data: {} })).toThrow(
      'DependenciesMet stands before TaskAccepted',
    );
  });
});

describe('scaling', () => {
  const three = [running('a', old), running('b', old), running('c', old, { node: 'node-2' })];
  const scale = (
    wish: TaskEventOf<'TaskAccepted'>['data']['scale'],
    instances: readonly RunningInstance[] = three,
  ) => run(accepted({ mode: 'scale', scale: wish }), { release: old, before: instances });

  it('starts as many as are asked for, of the release that runs', () => {
    expect(scale({ by: 2 }).done.filter((key) => key.startsWith('start'))).toHaveLength(2);
    expect(scale({ to: 4 }).done.filter((key) => key.startsWith('start'))).toHaveLength(1);
  });

  it('takes one from the node with the most of them, drained first', () => {
    const { state, done } = scale({ by: -1 });
    expect(state.stopped).toEqual(['b']);
    expect(done.indexOf('drain-instance b')).toBeLessThan(done.indexOf('stop-instance b'));
  });

  it('takes the one that is named, and no other', () => {
    expect(scale({ instance: 'c' }).state.stopped).toEqual(['c']);
  });

  it('does not count what is dead, and removes it', () => {
    const { state, done } = scale({ to: 2 }, [running('a', old), running('b', old, { alive: false })]);
    expect(state.stopped).toEqual(['b']);
    expect(done).toContain('start-instance 0');
  });

  it('to nothing leaves nothing', () => {
    const { state } = scale({ to: 0 });
    expect(new Set(state.stopped)).toEqual(new Set(['a', 'b', 'c']));
  });

  it('"stopped" meant two things: a service that is scaled to 0 is not stopped', () => {
    const by = { arrival: 1, at: '2026-01-01T00:00:00.000Z', by: 'run', token: 't0' };
    const spec = firstSpec({ release: old.id }, { count: 3, limits: old.config.resources }, by);
    const none = { ...spec, count: 0 };
    const outcome = (task: Parameters<typeof accepted>[0], world: object): unknown =>
      run(accepted(task), { release: old, ...world }).state.outcome;
    expect(outcome({ mode: 'scale', scale: { to: 0 } }, { before: three, spec })).toBe('scaled-to-0');
    expect(outcome({ mode: 'scale', scale: { to: 0 } }, { spec: none })).toBe('scaled-to-0');
    expect(outcome({ mode: 'run', replicas: 0 }, { before: three, spec })).toBe('scaled-to-0');
    expect(outcome({ mode: 'rollback' }, { spec: none })).toBe('scaled-to-0');
    expect(outcome({ mode: 'stop' }, { before: three, spec: none })).toBe('stopped');
    const stopped = { ...none, state: 'stopped' };
    expect(outcome({ mode: 'scale', scale: { to: 2 } }, { spec: stopped })).toBe('stopped');
  });
});

describe('a failure', () => {
  it('first removes what it left, then is told', () => {
    const { done } = run(accepted({ mode: 'build' }), { release: fresh, failing: ['build-image'] });
    expect(done).toEqual(['fetch-source', 'build-image', 'remove-leftovers', 'fail']);
  });

  it('leaves the old release serving, and says so', () => {
    const { state } = run(accepted({}), { release: fresh, before, failing: ['probe-instance 0'] });
    expect(state.stopped).toEqual([]);
    const reply = serviceReply(state);
    expect(reply.serving?.instances.map(({ container }) => container)).toEqual(['c-a', 'c-b']);
    expect(reply.error?.message).toBe('probe-instance 0 failed. Still serving: 2 of release old.');
  });

  it('brings back what was replaced already, once', () => {
    const { done, state } = run(accepted({}), { release: fresh, before, failing: ['probe-instance 1'] });
    expect(done.slice(done.indexOf('begin-revert'))).toEqual([
      ...['begin-revert', 'request-node 1000', 'await-node 1000', 'start-instance 1000'],
      ...['probe-instance 1000', 'drain-instance shop-web-t1-0', 'stop-instance shop-web-t1-0'],
      'fail',
    ]);
    expect(serviceReply(state).serving?.release).toBe('old');
    expect(state.failure?.message).toContain(
      'The instances that were replaced run the release before again.',
    );
  });

  it('of the revert leaves what serves, and says both', () => {
    const failing = ['probe-instance 1', 'probe-instance 1000'];
    const { state, done } = run(accepted({}), { release: fresh, before, failing });
    expect(done.filter((key) => key === 'begin-revert')).toHaveLength(1);
    expect(state.failure?.message).toContain('could not be started again: probe-instance 1000 failed.');
    expect(servingOf(state).instances).toHaveLength(2);
  });

  it('of a rollback is not reverted', () => {
    const { done } = run(accepted({ mode: 'rollback' }), {
      release: fresh,
      before,
      failing: ['probe-instance 1'],
    });
    expect(done).not.toContain('begin-revert');
  });
});

describe('an instance', () => {
  const effectsOf = (mode: TaskMode, imagesMissing: boolean) =>
    run(accepted({ mode }), { release: releaseWith('new', 1), imagesMissing }).done.filter((key) =>
      key.endsWith(' 0'),
    );

  it('of what was built before is started without a question, and its image pulled where it is missing', () => {
    expect(effectsOf('run', false)).not.toContain('pull-image 0');
    expect(effectsOf('run', true)).toEqual([
      ...['request-node 0', 'await-node 0', 'start-instance 0', 'pull-image 0', 'start-instance 0'],
      'probe-instance 0',
    ]);
  });

  it('of what was just built begins with its pull', () => {
    expect(effectsOf('build-and-run', false)).toEqual([
      ...['request-node 0', 'await-node 0', 'pull-image 0', 'start-instance 0', 'probe-instance 0'],
    ]);
  });
});

describe('the release command', () => {
  const migrating = releaseWith('new', 2, { runtime: 'node', release: ['migrate'] });
  const keys = (task: TaskEvent, world: World) => run(task, world).done;

  it('runs once, on the node of the first slot, after its image is there and before any instance starts', () => {
    const done = keys(accepted({ mode: 'build-and-run' }), { release: migrating });
    expect(done.filter((key) => key.startsWith('run-release-command'))).toEqual(['run-release-command 0']);
    const at = (key: string) => done.indexOf(key);
    expect(at('run-release-command 0')).toBeGreaterThan(at('pull-image 0'));
    for (const start of ['start-instance 0', 'start-instance 1'])
      expect(at(start)).toBeGreaterThan(at('run-release-command 0'));
  });

  it('begins with a pull where the image was built before: only an instance asks for what it may lack', () => {
    const done = keys(accepted({ mode: 'run' }), { release: migrating });
    expect(done).toContain('pull-image 0');
    expect(done).not.toContain('pull-image 1');
  });

  it('is no part of a rollback, a scaling or a stop, nor of a plan that starts nothing', () => {
    for (const mode of ['rollback', 'stop', 'build'] as const)
      expect(keys(accepted({ mode }), { release: migrating, before }).join()).not.toContain(
        'release-command',
      );
    const scaling = accepted({ mode: 'scale', scale: { by: 1 } });
    expect(keys(scaling, { release: migrating, before }).join()).not.toContain('release-command');
    const runs = [running('a', migrating), running('b', migrating)];
    expect(keys(accepted({ mode: 'run' }), { release: migrating, before: runs }).join()).not.toContain(
      'release-command',
    );
  });

  it('that fails starts nothing, and what served before goes on', () => {
    const task = accepted({ mode: 'build-and-run' });
    const { done, state } = run(task, { release: migrating, before, failing: ['run-release-command 0'] });
    expect(state.outcome).toBe('failed');
    expect(done.filter((key) => /^(start|stop|drain)-instance/.test(key))).toEqual([]);
  });
});

const MIGRATING = { runtime: 'node', command: 'x', release: ['migrate'] };

describe('every task', () => {
  const effectKeys = ['fetch-source', 'build-image', 'push-image', 'resolve-release', 'survey'];
  const slotKeys = ['await-node', 'pull-image', 'run-release-command', 'start-instance', 'probe-instance'];
  const failingKey = fc.oneof(
    fc.constantFrom(...effectKeys, 'stop-instance a', 'stop-instance b'),
    fc.tuple(fc.constantFrom(...slotKeys), fc.constantFrom(0, 1, 2, 1000, 1001)).map(([k, n]) => `${k} ${n}`),
  );

  it('ends, in whatever order its effects are done and whatever fails; something that served goes on serving', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('run', 'build', 'build-and-run', 'stop', 'rollback' as const),
        fc.array(failingKey, { maxLength: 4 }),
        fc.dictionary(failingKey, fc.integer({ min: 1, max: 4 }), { maxKeys: 3 }),
        fc.integer({ min: 1, max: 3 }),
        fc.array(fc.boolean(), { maxLength: 3 }),
        fc.boolean(),
        fc.boolean(),
        fc.infiniteStream(fc.nat()),
        (mode, failing, failingPlaces, replicas, alive, imagesMissing, migrates, picks) => {
          const known = alive.map((isAlive, n) => running('abc'.charAt(n), old, { alive: isAlive }));
          const world = {
            release: releaseWith('new', replicas, migrates ? MIGRATING : {}),
            before: known,
            failing,
            failingPlaces,
            imagesMissing,
          };
          const { state, events } = run(accepted({ mode }), world, (effects) => {
            const pick = picks.next().value as number;
            return effects[pick % Math.max(1, effects.length)];
          });
          expect(state.outcome).toBeDefined();
          expect(foldTask(events)).toEqual(state);
          const last = events.at(-1)?.type;
          expect(last === 'TaskSucceeded' || last === 'TaskFailed').toBe(true);
          if (mode !== 'stop' && state.survey?.some((instance) => instance.alive) === true)
            expect(servingOf(state).instances.length).toBeGreaterThan(0);
          // Three places at most, and each that failed was left, or is among the leftovers.
          for (const slot of state.slots) expect(slot.failedPlaces?.length ?? 0).toBeLessThanOrEqual(2);
          const tokens = events.flatMap((event) =>
            event.type === 'NodeRequested' ? event.data.accessToken : [],
          );
          expect(new Set(tokens).size).toBe(tokens.length);
          if (state.outcome !== 'failed')
            expect(events.filter(({ type }) => type === 'PlaceFailed')).toHaveLength(
              events.filter(({ type }) => type === 'PlaceLeft').length,
            );
          if (state.outcome === 'running') expect(servingOf(state).instances).toHaveLength(replicas);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the reply', () => {
  const { state } = run(accepted({ mode: 'run' }), { release: fresh });

  it('sums the phases of all instances and lists their addresses', () => {
    const reply = serviceReply(state);
    expect(reply.phases).toEqual({ place: 2, start: 2, healthy: 2 });
    expect(reply.instances).toHaveLength(2);
  });

  it('says in which order the phases happened: a record that was stored has lost it', () => {
    const built = run(accepted({ mode: 'build-and-run' }), { release: fresh }).state;
    const order = ['fetch', 'build', 'push', 'place', 'pull', 'start', 'healthy'];
    expect([...(serviceReply(built).phaseOrder ?? [])].sort()).toEqual([...order].sort());
    expect(serviceReply(built).phaseOrder?.[0]).toBe('fetch');
    expect(serviceReply(state).phaseOrder).toEqual(['place', 'start', 'healthy']);
  });

  it('build does not claim to run, and a failure is not answered as true (the seed answered build always true)', () => {
    const error = { code: 'BUILD_FAILED', message: 'm', hint: 'h' };
    const failed = foldTask([accepted({ mode: 'build' }), { type: 'TaskFailed', data: { error } }]);
    expect(deploymentReply('t1', [serviceReply(failed)])).toMatchObject({
      status: false,
      failed: ['web'],
      services: [{ status: 'failed', error, instances: [] }],
    });
  });

  it('a hundred long logs made one reply too large for its topic: they are cut further, and each is still told', () => {
    const error = { code: 'BUILD_FAILED', message: 'm', hint: 'h', logTail: '\u001b[31mx'.repeat(2_000) };
    const failed = foldTask([accepted({ mode: 'build' }), { type: 'TaskFailed', data: { error } }]);
    expect(deploymentReply('t1', [serviceReply(failed)]).services[0]?.error).toEqual(error);
    const reply = deploymentReply(
      't1',
      Array.from({ length: 100 }, () => serviceReply(failed)),
    );
    expect(Buffer.byteLength(JSON.stringify(reply))).toBeLessThan(900_000);
    for (const { error: told } of reply.services) expect(told?.logTail).toMatch(/left out\)\n.*31mx$/);
  });

  it('names the endpoint of app-server only', () => {
    const services = [serviceReply(state), { ...serviceReply(state), name: 'app-server' }];
    expect(deploymentReply('t1', services).endpoint?.url).toBe('http://10.0.0.1:20000');
    expect(deploymentReply('t1', services.slice(0, 1)).endpoint).toBeUndefined();
  });
});
