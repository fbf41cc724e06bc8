import { describe, expect, it } from 'vitest';
import type { NodeAnswer } from '#libs/contracts';
import type { Asker, TaskEvent } from './domain/task.events.js';
import { accepted, releaseWith, running } from './domain/task.testing.js';
import { AnswerBoard } from '../rollout/adapters/node-answers.js';
import { PARK_MS, PATIENCE_MS } from './domain/run.js';
import { StepError } from './domain/task-error.js';
import type { StepWrites } from './domain/step-writes.js';
import type { TaskLease, TaskStore } from './ports.js';
import type { EffectRunner } from './effect-runner.js';
import type { EffectScope } from './effect-scope.js';
import { runTask, type RunTaskPorts } from './run-task.js';
import { ManualTimer, settled } from './timer.testing.js';

const release = releaseWith('new', 1);
const node = { name: 'node-1', address: '10.0.0.9', port: 21_000, score: 50 };

const NOW = new Date('2029-12-31T23:59:00.000Z');

interface Task {
  readonly history: readonly TaskEvent[];
  readonly effects: Readonly<Partial<Record<string, (scope: EffectScope) => Promise<StepWrites>>>>;
  readonly nodeAnswers: () => Promise<readonly NodeAnswer[]>;
  readonly cancelledBy?: () => Promise<Asker | undefined>;
}

const untilAborted = ({ signal }: EffectScope): Promise<never> =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('aborted'))));

/** Runs a task of which only this much is real; effects that are not named never end. */
function start({ history, effects, nodeAnswers, cancelledBy = () => Promise.resolve(undefined) }: Task) {
  const timer = new ManualTimer();
  const board = new AnswerBoard();
  const abort = new AbortController();
  const nudges: (() => void)[] = [];
  const steps: { readonly step: string; readonly ms: number; readonly failed: boolean }[] = [];
  const stored: TaskEvent[] = [];
  const store: Partial<TaskStore> = {
    append: (_claim, _state, _version, { events }) => Promise.resolve(void stored.push(...events)),
    cancelledBy,
    park: () => Promise.resolve(true),
    nodeAnswers,
  };
  const runner: EffectRunner = {
    withdraw: () => Promise.resolve(),
    run: (scope, _state, { kind }) => effects[kind]?.(scope) ?? untilAborted(scope),
  };
  const ports: RunTaskPorts = {
    store: store as TaskStore,
    answers: board,
    clock: { now: () => NOW },
    timer,
    effects: runner,
    drainMs: 0,
    isLeaseLost: () => false,
    aroundStep: (_state, _effect, work) => work(),
    onStep: (_state, step, ms, error) => steps.push({ step, ms, failed: error !== undefined }),
  };
  const lease: TaskLease = {
    claim: { taskId: 't1/web', fence: 1n },
    signal: abort.signal,
    onNudge: (callback) => (nudges.push(callback), () => undefined),
  };
  const outcome = runTask(ports, lease, { version: history.length, events: history });
  return {
    stored,
    timer,
    steps,
    board,
    outcome,
    nudge: () => nudges.forEach((callback) => callback()),
    end: () => (abort.abort(), outcome),
  };
}

const answerOf = (accessToken: string): NodeAnswer => ({
  ...{ accessToken, appId: 'shop', service: 'web', refusals: [] },
  node: { ...node, sshPort: 22, sshUser: 'u', hostKeyFingerprint: 'SHA256:x', sealedLogin: '' },
});

const kinds = (events: readonly TaskEvent[]): readonly string[] => events.map(({ type }) => type);

describe('a running task', () => {
  it('does not ask the database again and again while its revert waits for a node', async () => {
    const old = running('a', releaseWith('old', 1));
    const fresh = running('shop-web-t1-0', release);
    const [replaced, replacing] = [old, fresh].map(({ name, node: on, container }) => ({
      name,
      node: on,
      container,
    }));
    if (replaced === undefined || replacing === undefined) throw new Error('two');
    const timed = { phase: 'x', ms: 1 };
    let asked = 0;
    const answers: NodeAnswer[] = [];
    const task = start({
      history: [
        accepted({}),
        { type: 'ReleaseResolved', data: { release } },
        { type: 'InstancesSurveyed', data: { instances: [old] } },
        {
          type: 'PlanMade',
          data: { slots: [{ ordinal: 0, replaces: replaced }], surplus: [], kept: [], notes: [] },
        },
        { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0' } },
        { type: 'NodeAssigned', data: { ordinal: 0, node, ...timed } },
        { type: 'InstanceStarted', data: { ordinal: 0, name: fresh.name, address: fresh.address, ...timed } },
        { type: 'InstanceHealthy', data: { ordinal: 0, ...timed } },
        { type: 'InstanceStopped', data: { instance: replaced, ...timed } },
        { type: 'StepFailed', data: { step: 'x', error: { code: 'X', message: 'm', hint: 'h' } } },
        { type: 'LeftoversRemoved', data: { instances: [] } },
        { type: 'RevertBegun', data: { slots: [{ ordinal: 1_000, replaces: replacing }] } },
        { type: 'NodeRequested', data: { ordinal: 1_000, accessToken: 't1:web:1000' } },
      ],
      effects: {},
      nodeAnswers: () => {
        asked += 1;
        return Promise.resolve(answers);
      },
    });
    await settled();
    task.timer.pass(PARK_MS - 1);
    await settled();
    expect(asked).toBeLessThanOrEqual(2);
    answers.push(answerOf('t1:web:1000'));
    task.nudge();
    await settled();
    expect(kinds(task.stored)).toEqual(['NodeAssigned']);
    await task.end();
  });

  it('builds nothing for an application that lacks a secret, and says what goes on serving', async () => {
    const needy = releaseWith('new', 1, { secrets: { PASSWORD: 'db' } });
    const { sourceDigest, config } = needy;
    const old = running('a', releaseWith('old', 1));
    let built = 0;
    const task = start({
      history: [
        accepted({}),
        { type: 'SourceFetched', data: { sourceDigest, config, phase: 'fetch', ms: 1 } },
      ],
      effects: {
        'check-secrets': () =>
          Promise.reject(new StepError({ code: 'SECRET_NOT_FOUND', message: 'm', hint: 'h' })),
        'build-image': () => Promise.reject(new Error(`built ${(built += 1)}`)),
        'remove-leftovers': () =>
          Promise.resolve({ events: [{ type: 'LeftoversRemoved', data: { instances: [] } }] }),
        survey: () =>
          Promise.resolve({ events: [{ type: 'InstancesSurveyed', data: { instances: [old] } }] }),
      },
      nodeAnswers: () => Promise.resolve([]),
    });
    expect(await task.outcome).toBe('finished');
    expect(kinds(task.stored)).toEqual(['StepFailed', 'LeftoversRemoved', 'InstancesSurveyed', 'TaskFailed']);
    expect(task.stored.at(-1)).toMatchObject({
      data: {
        error: { code: 'SECRET_NOT_FOUND', message: expect.stringContaining('Still serving') as string },
      },
    });
    expect(built).toBe(0);
  });

  it('sees at once what ends while it looks for an answer', async () => {
    const built = Promise.withResolvers<StepWrites>();
    const looked = Promise.withResolvers<readonly NodeAnswer[]>();
    let looks = 0;
    const task = start({
      history: [
        accepted({}),
        {
          type: 'SourceFetched',
          data: { sourceDigest: release.sourceDigest, config: release.config, phase: 'fetch', ms: 1 },
        },
        { type: 'InstancesSurveyed', data: { instances: [] } },
        {
          type: 'PlanMade',
          data: { slots: [{ ordinal: 0 }, { ordinal: 1 }], surplus: [], kept: [], notes: [] },
        },
        { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0' } },
        { type: 'NodeRequested', data: { ordinal: 1, accessToken: 't1:web:1' } },
      ],
      effects: {
        'build-image': () => built.promise,
        'push-image': () =>
          Promise.resolve({ events: [{ type: 'ImagePushed', data: { release, phase: 'push', ms: 1 } }] }),
      },
      nodeAnswers: () => {
        looks += 1;
        return looks > 1 ? Promise.resolve([]) : looked.promise;
      },
    });
    await settled();
    built.resolve({ events: [{ type: 'ImageBuilt', data: { tag: 'r/web:t', phase: 'build', ms: 1 } }] });
    await settled();
    expect(kinds(task.stored)).toEqual(['ImageBuilt', 'ImagePushed']);
    looked.resolve([]);
    await settled();
    expect(kinds(task.stored)).toEqual(['ImageBuilt', 'ImagePushed']);
    await task.end();
  });

  const waitsForNode = [
    accepted({ mode: 'run' }),
    { type: 'InstancesSurveyed', data: { instances: [] } },
    { type: 'ReleaseResolved', data: { release } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
    { type: 'NodeRequested', data: { ordinal: 0, accessToken: 't1:web:0' } },
  ] as const satisfies readonly TaskEvent[];

  it('goes on with an answer as it comes by, before it is stored', async () => {
    const task = start({ history: waitsForNode, effects: {}, nodeAnswers: () => Promise.resolve([]) });
    await settled();
    task.board.post(answerOf('t1:web:0'));
    await settled();
    expect(kinds(task.stored)).toEqual(['NodeAssigned']);
    await task.end();
  });

  it('lets go of a task whose answer does not come soon', async () => {
    const task = start({ history: waitsForNode, effects: {}, nodeAnswers: () => Promise.resolve([]) });
    await settled();
    task.timer.pass(PATIENCE_MS);
    expect(await task.outcome).toBe('parked');
  });

  it('keeps a task for the whole time that its answer may take, whatever happens meanwhile', async () => {
    const task = start({ history: waitsForNode, effects: {}, nodeAnswers: () => Promise.resolve([]) });
    let outcome: unknown;
    void task.outcome.then((ended) => (outcome = ended));
    await settled();
    task.timer.pass(PATIENCE_MS - 10);
    task.nudge();
    await settled();
    expect(outcome).toBeUndefined();
    task.timer.pass(10);
    await settled();
    expect(outcome).toBe('parked');
  });

  it('a refusal stored twice is one failure', async () => {
    const history = [
      ...waitsForNode.slice(0, 3),
      {
        type: 'PlanMade',
        data: { slots: [{ ordinal: 0 }, { ordinal: 1 }], surplus: [], kept: [], notes: [] },
      },
      waitsForNode[4],
      { type: 'NodeRequested', data: { ordinal: 1, accessToken: 't1:web:1' } },
    ] as const satisfies readonly TaskEvent[];
    const refused = ['t1:web:0', 't1:web:1'].map((accessToken) => ({
      ...answerOf(accessToken),
      node: undefined,
    }));
    const task = start({ history, effects: {}, nodeAnswers: () => Promise.resolve(refused) });
    await settled();
    expect(kinds(task.stored).filter((type) => type === 'StepFailed')).toHaveLength(1);
    await task.end();
  });

  it('is carried on later, and does not fail, when the database was away in the middle of a step', async () => {
    const away = Object.assign(new Error('gone'), { code: 'DATABASE_UNAVAILABLE', hint: 'wait' });
    const task = start({
      history: [accepted({ mode: 'run' }), { type: 'TurnTaken', data: {} }],
      effects: {
        survey: () => Promise.reject(away),
        'resolve-release': () =>
          Promise.resolve({ events: [{ type: 'ReleaseResolved', data: { release } }] }),
      },
      nodeAnswers: () => Promise.resolve([]),
    });
    await expect(task.outcome).rejects.toBe(away);
    expect(kinds(task.stored)).toEqual(['ReleaseResolved']);
  });

  it('counts a failed step once, with the time it took, and not as done', async () => {
    const task = start({
      history: [accepted({ mode: 'run' }), { type: 'TurnTaken', data: {} }],
      effects: {
        survey: () => Promise.reject(new Error('no engine')),
        'remove-leftovers': () =>
          Promise.resolve({ events: [{ type: 'LeftoversRemoved', data: { instances: [] } }] }),
      },
      nodeAnswers: () => Promise.resolve([]),
    });
    expect(await task.outcome).toBe('finished');
    expect(task.steps).toEqual([
      { step: 'survey', ms: expect.any(Number) as number, failed: true },
      { step: 'remove-leftovers', ms: expect.any(Number) as number, failed: false },
    ]);
    for (const { ms } of task.steps) expect(ms).toBeGreaterThan(0);
  });

  const cleansUp = {
    'remove-leftovers': () =>
      Promise.resolve({ events: [{ type: 'LeftoversRemoved', data: { instances: [] } }] } as StepWrites),
  };

  it('ends what is under way when its deadline passes, and says why once', async () => {
    const task = start({
      history: [
        accepted({ mode: 'run', deadlineAt: '2030-01-01T00:00:00.000Z' }),
        { type: 'TurnTaken', data: {} },
      ],
      effects: cleansUp,
      nodeAnswers: () => Promise.resolve([]),
    });
    await settled();
    task.timer.pass(60_000);
    expect(await task.outcome).toBe('finished');
    expect(kinds(task.stored)).toEqual(['StepFailed', 'LeftoversRemoved', 'TaskFailed']);
    expect(task.stored[0]).toMatchObject({ data: { step: 'request', error: { code: 'DEADLINE_EXCEEDED' } } });
    expect(task.steps).toEqual([
      { step: 'remove-leftovers', ms: expect.any(Number) as number, failed: false },
    ]);
  });

  it('repeats what kept a step from its end when its deadline passes', async () => {
    const task = start({
      history: [
        accepted({ mode: 'run', deadlineAt: '2030-01-01T00:00:00.000Z' }),
        { type: 'TurnTaken', data: {} },
      ],
      effects: {
        ...cleansUp,
        survey: (scope) => (scope.onNote?.('web-0 listens on no port.'), untilAborted(scope)),
      },
      nodeAnswers: () => Promise.resolve([]),
    });
    await settled();
    task.timer.pass(60_000);
    expect(await task.outcome).toBe('finished');
    const message = expect.stringMatching(/Seen last: web-0 listens on no port\.$/) as string;
    expect(task.stored[0]).toMatchObject({ data: { error: { code: 'DEADLINE_EXCEEDED', message } } });
  });

  it('ends what is under way when its request is cancelled', async () => {
    const cancels: Asker[] = [];
    const task = start({
      history: [accepted({ mode: 'run' }), { type: 'TurnTaken', data: {} }],
      effects: cleansUp,
      nodeAnswers: () => Promise.resolve([]),
      cancelledBy: () => Promise.resolve(cancels[0]),
    });
    await settled();
    task.nudge();
    await settled();
    expect(task.stored).toEqual([]);
    cancels.push({ principal: 'ada', verified: true });
    task.nudge();
    expect(await task.outcome).toBe('finished');
    const data = { step: 'request', error: { code: 'CANCELLED' }, cancelledBy: cancels[0] };
    expect(task.stored[0]).toMatchObject({ data });
  });

  it('is lost at once when its lease is, also while it only waits', async () => {
    const task = start({ history: waitsForNode, effects: {}, nodeAnswers: () => Promise.resolve([]) });
    await settled();
    expect(await task.end()).toBe('lost');
  });
});
