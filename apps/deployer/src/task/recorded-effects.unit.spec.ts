import { describe, expect, it } from 'vitest';
import type { InstanceReport } from '#libs/contracts';
import { accepted, releaseWith, running } from './domain/task.testing.js';
import { foldTask } from './domain/task.state.js';
import type { TaskEvent } from './domain/task.events.js';
import { joined, withFollowing } from './recorded-effects.js';

const options = { now: new Date('2026-01-01T00:00:00.000Z'), drainMs: 200 };
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
    const writes = withFollowing(state, { events: [stopped] }, options);
    expect(writes.events.map(({ type }) => type)).toEqual(['InstanceStopped', 'TaskSucceeded']);
    expect(writes.result).toMatchObject({ name: 'web', status: 'stopped', phases: { stop: 3 } });
  });

  it('takes an instance out of traffic as soon as it is known that it is to be stopped', () => {
    const surveyed: TaskEvent = { type: 'InstancesSurveyed', data: { instances: [instance] } };
    const writes = withFollowing(foldTask([accepted({ mode: 'stop' })]), { events: [surveyed] }, options);
    expect(writes.events.map(({ type }) => type)).toEqual([
      'InstancesSurveyed',
      'PlanMade',
      'InstanceDraining',
    ]);
    expect(writes.drained).toEqual(['a']);
    expect(writes.events.at(-1)?.data).toMatchObject({ until: '2026-01-01T00:00:00.200Z' });
  });

  it('asks for all nodes of a plan at once', () => {
    const state = foldTask([
      accepted({ mode: 'run' }),
      { type: 'ReleaseResolved', data: { release: releaseWith('new', 3) } },
    ]);
    const writes = withFollowing(
      state,
      { events: [{ type: 'InstancesSurveyed', data: { instances: [] } }] },
      options,
    );
    expect(writes.nodeRequests?.map(({ accessToken }) => accessToken)).toEqual([
      't1:web:0',
      't1:web:1',
      't1:web:2',
    ]);
  });

  it('is the step alone where the next one touches the world', () => {
    const error = { code: 'NODE_UNREACHABLE', message: 'm', hint: 'h' };
    const failed: TaskEvent = { type: 'StepFailed', data: { step: 'survey', error } };
    expect(withFollowing(foldTask([accepted({})]), { events: [failed] }, options)).toEqual({
      events: [failed],
    });
  });
});

describe('two steps of one transaction', () => {
  it('lose nothing of either: ten replicas that become healthy together are all recorded', () => {
    const healthy = (name: string) => ({
      events: [{ type: 'DependenciesMet' as const, data: {} }],
      addInstances: [
        { report: { instance: name } as InstanceReport, stop: { signal: 'SIGTERM', graceMs: 1 } },
      ],
      removeInstances: [`old-${name}`],
    });
    const both = joined(
      { ...healthy('a'), drained: ['c'] },
      { ...healthy('b'), release: releaseWith('r', 1) },
    );
    expect(both.events).toHaveLength(2);
    expect(both.addInstances?.map(({ report }) => report.instance)).toEqual(['a', 'b']);
    expect(both.removeInstances).toEqual(['old-a', 'old-b']);
    expect(both.drained).toEqual(['c']);
    expect(both.release?.id).toBe('r');
    expect(joined(both, { events: [] })).toEqual(both);
  });
});
