import { describe, expect, it } from 'vitest';
import { POLICIES, RESOURCES } from '../../structures/domain/structure.js';
import { containerOf } from '../../structures/domain/structures.testing.js';
import { guardContainer, initialGuardState } from './guard.js';
import type { GuardInput, GuardResult, GuardState, Sample } from './guardian.js';
import { logicProblems } from './logic.js';
import { defaultSettings, settingsProblems } from './settings.js';

const MIB = 1_048_576;
const second = 1_000;
/** A sample a second, from `from` to `to`. */
const samplesOf = (from: number, to: number, own: Omit<Sample, 'at'>): readonly Sample[] =>
  Array.from({ length: (to - from) / second + 1 }, (_, index) => ({ at: from + index * second, ...own }));

const cpu = { current: 140, max: 200, min: 20 };
const serverless = containerOf('a', { resources: { cpu } });
const slo = containerOf('a', { policy: 'slo', resources: { cpu } });

/** Looks each second with a fixed usage. */
function looks(
  input: Omit<GuardInput, 'now' | 'samples' | 'state'>,
  seconds: number,
  own: Omit<Sample, 'at'>,
) {
  let state: GuardState = initialGuardState;
  const results: GuardResult[] = [];
  for (let at = 30; at <= 30 + seconds; at += 1) {
    const samples = samplesOf(Math.max(0, at - 30) * second, at * second, own);
    const result = guardContainer({ ...input, samples, state, now: at * second });
    results.push(result);
    state = result.state;
  }
  return { results, state, wishes: results.flatMap(({ wishes }) => wishes) };
}

describe('faults of ServerlessContainers, in the guardian', () => {
  it.each(POLICIES)('6: missing data counted as usage -1 and scaled to the floor (%s)', (policy) => {
    const container = containerOf('a', {
      policy,
      resources: { cpu, memory: { current: 400, max: 800, min: 10 }, diskRead: {}, network: {} },
    });
    const result = looks({ container, settings: defaultSettings }, 120, { usage: {} });
    expect(result.wishes).toEqual([]);
    const reasons = result.results.at(-1)?.explanations.map(({ constraint }) => constraint);
    expect(new Set(reasons)).toEqual(new Set([policy === 'fixed' ? 'fixed' : 'missing']));
  });

  it.each([serverless, slo])('7: exactly 0 usage never scaled down ($policy)', (container) => {
    const { wishes } = looks({ container, settings: defaultSettings }, 120, {
      usage: { cpu: 0 },
      throttled: 0,
    });
    expect(wishes[0]?.target).toBeLessThan(140);
  });

  it('8: a scale-up rule ate scale-down events and fired again', () => {
    const up = { resource: 'cpu', direction: 'up' } as const;
    const events = [
      { ...up, at: 1 },
      { ...up, direction: 'down' as const, at: 2 },
      { ...up, at: 3 },
    ];
    const state: GuardState = { events };
    const samples = samplesOf(10 * second, 30 * second, { usage: { cpu: 110 } });
    const result = guardContainer({
      container: serverless,
      samples,
      state,
      settings: defaultSettings,
      now: 30_000,
    });
    expect(result.wishes).toMatchObject([{ because: { by: 'CpuRescaleUp' } }]);
    expect(result.state.events).toEqual([events[1]]);
    const again = { container: serverless, samples, state: result.state, settings: defaultSettings };
    expect(guardContainer({ ...again, now: 41_000 }).wishes).toEqual([]);
  });

  it('9: an event timeout of 40 s made the scale-down rules unreachable', () => {
    expect(settingsProblems({ ...defaultSettings, eventTimeoutMs: 40_000 })).toContain(
      'rule "CpuRescaleDown": needs 6 events, but only 4 are kept: raise eventTimeoutMs or lower lookEveryMs',
    );
    expect(settingsProblems(defaultSettings)).toEqual([]);
    const { wishes } = looks({ container: serverless, settings: defaultSettings }, 60, {
      usage: { cpu: 10 },
    });
    expect(wishes[0]?.because.by).toBe('CpuRescaleDown');
  });

  it('10: requests were relative amounts on a stale `current`', () => {
    const { wishes } = looks({ container: slo, settings: defaultSettings }, 10, {
      usage: { cpu: 10 },
      throttled: 0,
    });
    // The limit was never applied: each look wishes for the same one again, not for less and less.
    expect(new Set(wishes.map(({ target }) => target))).toEqual(new Set([70]));
  });

  it('11: memory shrank with no look at what the container uses, and no kill was noticed', () => {
    const container = containerOf('a', {
      policy: 'slo',
      resources: { memory: { current: 900 * MIB, max: 2_000 * MIB, min: 64 * MIB } },
    });
    const used = { usage: { memory: 800 * MIB }, oomKills: 0 };
    expect(
      looks({ container, settings: defaultSettings }, 60, used).wishes.map(
        ({ target }) => target >= 900 * MIB,
      ),
    ).not.toContain(false);
    const idle = looks({ container, settings: defaultSettings }, 3, {
      usage: { memory: 100 * MIB },
      oomKills: 0,
    });
    expect(idle.wishes[0]?.target).toBe(675 * MIB);
    const killed = guardContainer({
      ...{ container, settings: defaultSettings, state: idle.state, now: 40_000 },
      samples: [{ at: 40_000, usage: { memory: 100 * MIB }, oomKills: 1 }],
    });
    expect(killed.wishes).toMatchObject([
      { target: 1_080 * MIB, because: { by: 'killed for want of memory' } },
    ]);
    const same = { container, settings: defaultSettings, state: killed.state, now: 41_000 };
    const samples = [{ at: 41_000, usage: { memory: 100 * MIB }, oomKills: 1 }];
    expect(guardContainer({ ...same, samples }).wishes.filter(({ target }) => target > 900 * MIB)).toEqual(
      [],
    );
  });

  it('11: policy serverless took memory that is in use', () => {
    const events = Array.from(
      { length: 8 },
      (_, at) => ({ resource: 'memory', direction: 'down', at }) as const,
    );
    const container = containerOf('a', {
      resources: { memory: { current: 900 * MIB, max: 1_000 * MIB, min: 64 * MIB } },
    });
    const samples = [
      ...samplesOf(10 * second, 29 * second, { usage: { memory: 100 * MIB } }),
      { at: 30 * second, usage: { memory: 850 * MIB } },
    ];
    const { wishes } = guardContainer({
      container,
      samples,
      state: { events },
      settings: defaultSettings,
      now: 30_000,
    });
    expect(wishes).toMatchObject([{ target: 850 * MIB, because: { constraint: 'working-set' } }]);
  });

  it('14: request bodies went through eval()', () => {
    expect(logicProblems('events', { log: [{ var: 'usage' }] })).toEqual(['unknown operator "log"']);
    expect(logicProblems('events', { method: ['x', 'constructor'] })).toEqual(['unknown operator "method"']);
    expect(logicProblems('events', { '>': [{ var: 'constructor' }, 1] })).toHaveLength(1);
    expect(logicProblems('requests', { '>': [{ var: 'usage' }, 1] })).toHaveLength(1);
    expect(logicProblems('requests', { and: [{ '>=': [{ var: 'events.up' }, 2] }] })).toEqual([]);
  });

  it('17: the default policy asked for a rule whose seeded name is another', () => {
    const { rules } = defaultSettings;
    for (const resource of RESOURCES.filter((each) => each !== 'energy'))
      for (const kind of ['events', 'requests'])
        for (const direction of ['up', 'down'])
          expect(
            rules.filter(
              (rule) => rule.kind === kind && rule.resource === resource && rule.direction === direction,
            ),
          ).toHaveLength(1);
    const twice = rules.slice(0, 1).concat(rules);
    expect(settingsProblems({ ...defaultSettings, rules: twice })).toEqual([
      'rule "cpu_exceeded_upper" is there twice',
    ]);
  });

  it.each(POLICIES)('18: its API accepted policies that its guardian skips (%s)', (policy) => {
    const container = containerOf('a', { policy, resources: { cpu } });
    const { wishes, results } = looks({ container, settings: defaultSettings }, 120, {
      usage: { cpu: 1 },
      throttled: 0,
    });
    const last = results.at(-1);
    expect(last?.explanations).toHaveLength(1);
    expect(wishes.length > 0).toBe(policy === 'slo' || policy === 'serverless');
    expect(results.some(({ advice }) => advice.length > 0)).toBe(policy === 'advise');
  });
});

describe('what is left alone', () => {
  it.each([
    ['an unguarded container', { guarded: false }],
    ['one that is stopped', { isRunning: false }],
    ['an unguarded resource', { resources: { cpu: { ...cpu, guard: false } } }],
  ])('%s', (_, own) => {
    const container = { ...containerOf('a', { policy: 'slo', resources: { cpu }, ...own }) };
    const { wishes, results } = looks({ container, settings: defaultSettings }, 20, {
      usage: { cpu: 1 },
      throttled: 0,
    });
    expect(wishes).toEqual([]);
    expect(results.at(-1)?.explanations).toMatchObject([{ constraint: 'guard', target: 140 }]);
  });
});
