import { describe, expect, it } from 'vitest';
import type { InstanceFigures } from './instance-figures.js';
import type { InstanceScore } from './instance-score.js';
import { OwnScores, SILENT_MS } from './own-scores.js';
import { type Remembered, scoreOf, type ScoredInstance } from './scored-instance.js';
import { BEGIN, instanceWith, NAME, NONE, observedFor, rules, secondWith } from './scores.testing.js';

const many = <T>(count: number, one: T): readonly T[] => Array<T>(count).fill(one);
const at = (second: number): number => BEGIN + second * 1_000;
function only(scores: OwnScores, second: number): ScoredInstance {
  const [one] = scores.all(at(second));
  if (one === undefined) throw new Error('nothing is scored');
  return one;
}
const shown = (scores: OwnScores, second: number): InstanceScore => scoreOf(only(scores, second), false);

describe('scores of this replica', () => {
  it('have their parts, what they were made of, and whose they are', () => {
    expect(shown(observedFor(many(6, { cpu: 30, memory: 60 })), 5)).toEqual({
      ...{ instance: NAME, appId: 'shop', service: 'web', node: 'node-1', container: 'c1' },
      ...{ cpu: 70, memory: 40, network: 90, overall: expect.closeTo(64) as number, state: 'MU' },
      used: { cpuPercent: 30, memoryPercent: 60, cpuLimit: 0.5, memoryLimit: 100_000 },
      at: at(5),
    });
  });

  it('are INIT for five seconds, and SUNDOWN while they are drained', () => {
    const states = [1, 4, 5].map((count) => shown(observedFor(many(count, {})), count - 1).state);
    expect(states).toEqual(['INIT', 'INIT', 'LU']);
    expect(scoreOf(only(observedFor(many(6, {})), 5), true).state).toBe('SUNDOWN');
  });

  it('a second that could not be read is a gap: the score stays, and ages', () => {
    const scores = observedFor([...many(6, {}), { cpu: null }, { cpu: null }]);
    expect(shown(scores, 7)).toMatchObject({ at: at(5), cpu: 80 });
    expect(scores.all(at(5) + SILENT_MS)).toHaveLength(1);
    expect(scores.all(at(5) + SILENT_MS + 1)).toEqual([]);
  });

  it('after a gap the past counts for less', () => {
    const loads = [...many(6, { cpu: 20 }), ...many(9, { cpu: null }), { cpu: 80 }];
    const used = only(observedFor(loads), 15).used.cpuPercent;
    expect(used).toBeCloseTo(80 - 60 * 0.8 ** 10, 6);
  });

  it('an instance that is gone has no score any more', () => {
    const scores = observedFor(many(6, {}));
    scores.observed(secondWith(6, {}, { instances: new Map() }), NONE, NONE);
    expect(scores.all(at(6))).toEqual([]);
  });

  it('another container of the same name begins anew', () => {
    const scores = observedFor([...many(6, { cpu: 90 }), { cpu: 10, container: 'c2' }]);
    expect(shown(scores, 6)).toMatchObject({ cpu: 90, container: 'c2', state: 'INIT' });
  });

  it('nodes that another replica hears of are forgotten, and so are those that are silent for long', () => {
    const scores = observedFor(many(6, {}));
    scores.forget('node-1');
    expect(scores.all(at(6))).toEqual([]);
    const silent = observedFor(many(6, {}));
    silent.expire(at(5) + 60_001);
    expect(silent.all(at(5))).toEqual([]);
  });

  it('an instance of which nothing can be said has no score', () => {
    const bare = { ...instanceWith(), details: undefined };
    const scores = new OwnScores(rules);
    scores.observed(secondWith(0, {}, { instances: new Map([[NAME, bare]]) }), NONE, NONE);
    expect(scores.all(at(0))).toEqual([]);
  });
});

it('reading /stats changed the scores: reading changes nothing', () => {
  const [read, unread] = [new OwnScores(rules), new OwnScores(rules)];
  for (let second = 0; second < 30; second += 1) {
    const observed = secondWith(second, { cpu: (second * 37) % 100 });
    for (const scores of [read, unread]) scores.observed(observed, NONE, NONE);
    for (let n = 0; n < 5; n += 1) read.all(at(second)).map((one) => scoreOf(one, n % 2 === 0));
  }
  expect(read.all(at(29))).toEqual(unread.all(at(29)));
});

it('a restart of all replicas began with INIT: a minute of the topic gives the score that there was', () => {
  const loads = Array.from({ length: 300 }, (_, n) => ({
    cpu: 50 + 40 * Math.sin(n / 20),
    memory: 30 + n / 10,
  }));
  const before = observedFor(loads);
  const resumed = new OwnScores(rules);
  loads.forEach((load, second) => {
    if (second >= 240) resumed.observed(secondWith(second, load), NONE, NONE);
  });
  const [old, now] = [shown(before, 299), shown(resumed, 299)];
  expect(now.state).toBe(old.state);
  for (const part of ['cpu', 'memory', 'network', 'overall'] as const)
    expect(now[part], part).toBeCloseTo(old[part] ?? NaN, 3);
});

describe('what another replica remembers', () => {
  const remembered: Remembered = {
    container: 'c1',
    utilisation: 'HU',
    answers: { times: [0.2], best: 0.2, threshold: 1, score: 44, samples: 5, at: at(0) },
  };
  const scored = (known: Remembered): ScoredInstance => {
    const scores = new OwnScores(rules);
    for (let second = 0; second < 2; second += 1)
      scores.observed(secondWith(second, { cpu: 60, memory: 50 }), NONE, new Map([[NAME, known]]));
    return only(scores, 1);
  };

  it('is gone on from: the answers of which no topic tells, and the state within its margin', () => {
    expect(scored({ ...remembered, answers: undefined })).toMatchObject({
      utilisation: 'MU',
      answers: undefined,
    });
    expect(scored(remembered)).toMatchObject({ answers: { score: 44 } });
  });

  it('is of no use for another container of the same name', () => {
    expect(scored({ ...remembered, container: 'c0' }).answers).toBeUndefined();
  });
});

describe('what gateways measure', () => {
  const figures = (changes: Partial<InstanceFigures> & { readonly at: number }) =>
    new Map([[NAME, { requestsPerSecond: 10, inFlight: 1, meanMs: 20, errorsPerSecond: 0, ...changes }]]);
  const observed = (
    of: (second: number) => ReadonlyMap<string, InstanceFigures>,
    count = 20,
  ): InstanceScore => {
    const scores = new OwnScores(rules);
    for (let second = 0; second < count; second += 1) scores.observed(secondWith(second), of(second), NONE);
    return shown(scores, count - 1);
  };

  it('is a part of the score', () => {
    expect(observed((second) => figures({ at: at(second) })).availability).toBe(100);
    const failing = observed((second) => figures({ at: at(second), errorsPerSecond: 10, meanMs: undefined }));
    expect(failing).toMatchObject({ availability: 0, overall: 0 });
  });

  it('counts once, however often it is read', () => {
    const same = observed(() => figures({ at: at(0), errorsPerSecond: 5 }), 9);
    const [first] = [observed(() => figures({ at: at(0), errorsPerSecond: 5 }), 1)];
    expect(same.availability).toBe(first.availability);
  });

  it('is missing where no request was answered, and after a minute without one', () => {
    expect(
      observed((second) => figures({ at: at(second), meanMs: undefined, requestsPerSecond: 0 })),
    ).not.toHaveProperty('availability');
    expect(observed(() => figures({ at: at(0) }), 62)).not.toHaveProperty('availability');
  });
});
