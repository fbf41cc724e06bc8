import { describe, expect, it } from 'vitest';
import { makePlan, planProblem } from './plan.js';
import { nextEffects } from '../../task/domain/task.effects.js';
import type { RunningInstance } from '../../task/domain/task.events.js';
import { foldTask } from '../../task/domain/task.state.js';
import { firstSpec } from '../../services/domain/spec.js';
import { accepted, releaseWith, running, runToEnd } from '../../task/domain/task.testing.js';
import { decide } from '../../task/domain/decide.js';
import { isRecorded } from '../../task/domain/effect-table.js';
import { servingOf } from './serving.js';

const release = releaseWith('old', 2);
const alive = running('a', release);
const gone = running('b', release, { alive: false });

const planOf = (survey: readonly RunningInstance[], repairs = 'b', moves?: true) =>
  makePlan(
    foldTask([
      accepted({ mode: 'scale', scale: { repairs, moves } }),
      { type: 'InstancesSurveyed', data: { instances: survey } },
    ]),
    '2026-01-01T00:00:00.000Z',
  );

describe('a repair', () => {
  it('starts another in the place of the instance that is gone, and touches nothing else', () => {
    const { slots, surplus, kept } = planOf([alive, gone, running('c', release, { alive: false })]);
    expect(slots).toMatchObject([{ ordinal: 0, replaces: { name: 'b' } }]);
    expect(surplus).toEqual([]);
    expect(kept).toEqual(['a', 'c']);
  });

  it('of several instances that are gone starts as many, side by side, and keeps what became healthy', () => {
    const three = releaseWith('old', 3);
    const [a, b, c] = ['a', 'b', 'c'].map((name) => running(name, three, { alive: name === 'a' })) as [
      RunningInstance,
      RunningInstance,
      RunningInstance,
    ];
    const ran = (failing: readonly string[]) =>
      runToEnd(
        accepted({ mode: 'scale', scale: { repairs: 'b', alsoRepairs: ['c', 'a'] } }),
        { release: three, before: [a, b, c], failing },
        (state, effect) =>
          isRecorded(effect) ? decide(effect, state, { now: new Date(0), drainMs: 0 }).events : undefined,
        (effects) => effects.find(isRecorded) ?? effects.at(-1),
      );
    const { state, done } = ran([]);
    expect(
      state.slots.map(({ replaces }) => replaces?.name),
      'a runs after all',
    ).toEqual(['b', 'c']);
    // The second waits for nothing of the first.
    expect(done.indexOf('probe-instance 1')).toBeLessThan(done.indexOf('start-instance 0'));
    expect([state.outcome, servingOf(state).instances.length]).toEqual(['running', 3]);
    expect([...state.stopped].sort()).toEqual(['b', 'c']);
    const partly = ran(['probe-instance 0']);
    expect([partly.state.outcome, servingOf(partly.state).instances.length]).toEqual(['failed', 2]);
    expect(partly.done, 'nothing is reverted: what was replaced did not run').not.toContain('begin-revert');
    const full = ran(['await-node 0']);
    expect(full.state.failure?.message ?? '').toMatch(/^1 of the 2 missing instances were not started\./);
    expect(servingOf(full.state).instances).toHaveLength(2);
  });

  it('does nothing where the instance runs after all', () => {
    expect(planOf([alive, running('b', release)]).slots).toEqual([]);
  });

  it('of an instance that is to leave its node replaces it while it runs, and leaves the others', () => {
    const { slots, surplus, kept } = planOf([alive, running('b', release)], 'b', true);
    expect(slots).toMatchObject([{ ordinal: 0, replaces: { name: 'b' } }]);
    expect([surplus, kept]).toEqual([[], ['a']]);
  });

  it('of a move that balances the load asks for that node alone, also after a start that failed there', () => {
    const moved = running('b', release);
    const ran = (failing: readonly string[]) =>
      runToEnd(
        accepted({ mode: 'scale', scale: { repairs: 'b', moves: true, toNode: 'node-3' } }),
        { release, before: [alive, moved], failing },
        (state, effect) =>
          isRecorded(effect) ? decide(effect, state, { now: new Date(0), drainMs: 0 }).events : undefined,
      );
    const { state } = ran([]);
    expect([state.outcome, state.stopped]).toEqual(['running', ['b']]);
    const failed = ran(['await-node 0']);
    expect([failed.state.outcome, failed.state.stopped]).toEqual(['failed', []]);
    const request = decide({ kind: 'request-node', ordinal: 0, accessToken: 't1:web:0' }, failed.state, {
      now: new Date(0),
      placeWaitMs: 60_000,
    }).sides?.[0];
    expect(request).toMatchObject({ request: { toNode: 'node-3' } });
    expect(request, 'it waits for no room').not.toHaveProperty('request.waitUntil');
  });

  it.each([
    [
      'has volumes',
      running('b', releaseWith('old', 1, { volumes: [{ name: 'd', path: '/d' }] })),
      'MOVE_REFUSED',
    ],
    ['opted out', running('b', releaseWith('old', 1, { placement: { rebalance: false } })), 'MOVE_REFUSED'],
    ['is not there any more', running('a', releaseWith('old', 1)), 'INSTANCE_NOT_FOUND'],
  ])('of a move that balances the load leaves an instance alone that %s', (_, instance, code) => {
    const problem = (scale: object) =>
      planProblem(
        foldTask([
          accepted({ mode: 'scale', scale: { repairs: 'b', moves: true, ...scale } }),
          { type: 'InstancesSurveyed', data: { instances: [instance] } },
        ]),
        '2026-01-01T00:00:00.000Z',
      )?.code;
    expect(problem({ toNode: 'node-3' })).toBe(code);
    expect(problem({}), 'a drain').toBeUndefined();
  });

  it('of an instance that can run nowhere else stops it, unless more would be missing than may be', () => {
    const lenient = releaseWith('old', 2, { maxUnavailable: 1 });
    const declared = { count: 2, limits: release.config.resources };
    const spec = firstSpec({}, declared, {
      arrival: 1,
      at: new Date(0).toISOString(),
      by: 'run',
      token: 't0',
    });
    const yielding = (...survey: readonly RunningInstance[]) =>
      makePlan(
        foldTask([
          accepted({ mode: 'scale', scale: { repairs: 'b', moves: true, yields: true } }),
          { type: 'InstancesSurveyed', data: { instances: survey, spec, arrival: 2 } },
        ]),
        '2026-01-01T00:00:00.000Z',
      );
    const [a, b] = [running('a', lenient), running('b', lenient)];
    const stops = yielding(a, b);
    expect([stops.slots, stops.surplus.map(({ name }) => name), stops.kept]).toEqual([[], ['b'], ['a']]);
    expect(stops.spec).toBeUndefined();
    expect(stops.notes.join()).toContain('maxUnavailable of config.json lets 1 be missing');
    // Another died since the drain looked; its node asks for nothing; it does not run any more.
    for (const survey of [[running('a', lenient, { alive: false }), b], [alive, running('b', release)], [a]])
      expect(yielding(...survey)).toMatchObject({
        slots: [],
        surplus: [],
        kept: survey.map(({ name }) => name),
      });
  });

  it('starts nothing of a service that was stopped meanwhile', () => {
    expect(planOf([]).slots).toEqual([]);
    const state = foldTask([
      accepted({ mode: 'scale', scale: { repairs: 'b' } }),
      { type: 'InstancesSurveyed', data: { instances: [] } },
      { type: 'ReleaseResolved', data: { release } },
      { type: 'PlanMade', data: planOf([]) },
    ]);
    expect(nextEffects(state)).toEqual([{ kind: 'succeed', outcome: 'stopped' }]);
  });
});
