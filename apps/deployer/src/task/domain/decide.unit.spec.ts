import { describe, expect, it } from 'vitest';
import type { InstanceReport, TaskError } from '#libs/contracts';
import { accepted, releaseWith, running } from './task.testing.js';
import { foldTask } from './task.state.js';
import type { TaskEvent } from './task.events.js';
import { decideFrom } from './decide.js';
import { joined, sidesOf, type StepWrites } from './step-writes.js';
import { toTaskError } from './task-error.js';

const given = { now: new Date('2026-01-01T00:00:00.000Z'), drainMs: 200 };
const instance = running('a', releaseWith('old', 1));

describe('what is stored in one transaction', () => {
  it('has the end of the task beside its last step, so that no replica can die between them', () => {
    const state = foldTask([
      accepted({ mode: 'stop' }),
      { type: 'InstancesSurveyed', data: { instances: [instance] } },
      { type: 'PlanMade', data: { slots: [], surplus: [instance], kept: [], notes: [] } },
      { type: 'InstanceDraining', data: { instance: 'a', until: '2026-01-01T00:00:00.000Z' } },
    ]);
    const stopped: TaskEvent = { type: 'InstanceStopped', data: { instance, phase: 'stop', ms: 3 } };
    const writes = decideFrom(state, { events: [stopped] }, given);
    expect(writes.events.map(({ type }) => type)).toEqual(['InstanceStopped', 'TaskSucceeded']);
    expect(sidesOf(writes, 'end')[0]?.result).toMatchObject({
      name: 'web',
      status: 'stopped',
      phases: { stop: 3 },
    });
  });

  it('takes an instance out of traffic as soon as it is known that it is to be stopped', () => {
    const surveyed: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [instance] } };
    const writes = decideFrom(foldTask([accepted({ mode: 'stop' })]), { events: [surveyed] }, given);
    expect(writes.events.map(({ type }) => type)).toEqual([
      'InstancesSurveyed',
      'PlanMade',
      'InstanceDraining',
    ]);
    const reason = expect.stringMatching(/^The service was stopped [(]request .+[)][.]$/) as string;
    expect(writes.sides).toEqual([{ kind: 'set-instance-state', name: 'a', state: 'draining', reason }]);
    expect(writes.events.at(-1)?.data).toMatchObject({ until: '2026-01-01T00:00:00.200Z' });
  });

  it('asks for all nodes of a plan at once', () => {
    const state = foldTask([
      accepted({ mode: 'run' }),
      { type: 'ReleaseResolved', data: { release: releaseWith('new', 3) } },
    ]);
    const writes = decideFrom(
      state,
      { events: [{ type: 'InstancesSurveyed', data: { instances: [] } }] },
      given,
    );
    expect(sidesOf(writes, 'request-node').map(({ request }) => request.accessToken)).toEqual([
      't1:web:0',
      't1:web:1',
      't1:web:2',
    ]);
  });

  it('is the step alone where the next one touches the world', () => {
    const error = { code: 'NODE_UNREACHABLE', message: 'm', hint: 'h' };
    const failed: TaskEvent = { type: 'StepFailed', data: { step: 'survey', error } };
    expect(decideFrom(foldTask([accepted({})]), { events: [failed] }, given)).toEqual({
      events: [failed],
    });
  });
});

describe('run after a rollback and a stop started the release that had never been healthy', () => {
  const release = releaseWith('old', 1);
  const currentAfter = (
    task: Parameters<typeof accepted>[0],
    what: TaskEvent = { type: 'ReleaseResolved', data: { release } },
  ): readonly (string | undefined)[] => {
    const surveyed: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [instance], arrival: 2 } };
    const { events, sides } = decideFrom(foldTask([accepted(task), surveyed]), { events: [what] }, given);
    const current = sidesOf({ events, sides }, 'set-current-release').map((side) => side.release.id);
    return [events.at(-1)?.type, ...current];
  };

  it('the release that a rollback or a run asks for is the current one once it has succeeded', () => {
    expect(currentAfter({ mode: 'rollback' })).toEqual(['TaskSucceeded', 'old']);
    expect(currentAfter({ mode: 'run', wantedRelease: 'old' })).toEqual(['TaskSucceeded', 'old']);
  });

  it.each<Parameters<typeof accepted>[0]>([
    { mode: 'run' },
    { mode: 'rollback', dryRun: true },
    { mode: 'scale', scale: { to: 1 } },
  ])('nothing is asked for by %j', (task) => {
    expect(currentAfter(task)).toEqual(['TaskSucceeded']);
  });

  it('a rollback that fails asks for nothing that works', () => {
    const state = foldTask([
      accepted({ mode: 'rollback' }),
      { type: 'ReleaseResolved', data: { release } },
      { type: 'InstancesSurveyed', data: { instances: [], arrival: 2 } },
      { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: [], notes: [] } },
      { type: 'StepFailed', data: { step: 'x', error: { code: 'X', message: 'm', hint: 'h' } } },
    ]);
    const removed: TaskEvent = { type: 'LeftoversRemoved', data: { instances: [] } };
    const writes = decideFrom(state, { events: [removed] }, given);
    expect(writes.events.at(-1)?.type).toBe('TaskFailed');
    expect(sidesOf(writes, 'set-current-release')).toEqual([]);
  });
});

/** How a deployment ended whose pull failed beside an instance that runs. */
function failedWith(error: TaskError): TaskError | undefined {
  const state = foldTask([
    accepted({ mode: 'run' }),
    { type: 'ReleaseResolved', data: { release: releaseWith('new', 1) } },
    { type: 'InstancesSurveyed', data: { instances: [instance] } },
    { type: 'PlanMade', data: { slots: [{ ordinal: 0 }], surplus: [], kept: ['a'], notes: [] } },
    { type: 'StepFailed', data: { step: 'pull-image', error } },
  ]);
  const { events } = decideFrom(
    state,
    { events: [{ type: 'LeftoversRemoved', data: { instances: [] } }] },
    given,
  );
  const last = events.at(-1);
  return last?.type === 'TaskFailed' ? last.data.error : undefined;
}

it('a failure lacks a full stop before what it leaves: it has one', () => {
  const error = { code: 'PULL_FAILED', message: 'no space left on device', hint: 'h' };
  expect(failedWith(error)?.message).toBe('no space left on device. Still serving: 1 of release old.');
});

it('a long failure was cut twice, and lost what it leaves: it says both', () => {
  const long = Object.assign(new Error('x'.repeat(20_000)), { code: 'CONFIG_INVALID', hint: 'h' });
  const message = failedWith(toTaskError('fetch-source', long))?.message ?? '';
  const [, kept = '', missing] =
    /^(x+)\.\.\. \((\d+) bytes more\)\. Still serving: 1 of release old\.$/.exec(message) ?? [];
  expect(kept.length + Number(missing)).toBe(20_000);
  expect(message.length).toBeLessThanOrEqual(8_192);
});

describe('two steps of one transaction', () => {
  it('lose nothing of either: ten replicas that become healthy together are all recorded', () => {
    const healthy = (name: string): StepWrites => ({
      events: [{ type: 'DependenciesMet' as const, data: {} }],
      sides: [
        {
          kind: 'add-instance',
          report: { instance: name } as InstanceReport,
          stop: { signal: 'SIGTERM', graceMs: 1 },
        },
        { kind: 'remove-instance', name: `old-${name}` },
      ],
    });
    const release = releaseWith('r', 1);
    const added: StepWrites = { events: [], sides: [{ kind: 'add-release', release }] };
    const both = joined([healthy('a'), healthy('b'), added]);
    expect(both.events).toHaveLength(2);
    expect(sidesOf(both, 'add-instance').map(({ report }) => report.instance)).toEqual(['a', 'b']);
    expect(sidesOf(both, 'remove-instance').map(({ name }) => name)).toEqual(['old-a', 'old-b']);
    expect(sidesOf(both, 'add-release')).toEqual([{ kind: 'add-release', release }]);
    expect(joined([both, { events: [] }])).toEqual(both);
  });
});
