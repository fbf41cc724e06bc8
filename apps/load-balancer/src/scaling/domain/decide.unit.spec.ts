import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { figuresOf, inputOf, Loop, policyOf, T0, traffic, unlimited } from './scaling.testing.js';
import { initialState } from './state.js';

const busy = (concurrency: number) => (ready: number) =>
  figuresOf(ready, {}, { traffic: traffic({ requestsPerSecond: 5 * concurrency, inFlight: concurrency }) });

describe('targets', () => {
  it.each([
    ['cpu', { cpu: 50 }, figuresOf(4, { cpuPercent: 100 }), 8],
    ['memory', { memory: 80 }, figuresOf(4, { memoryPercent: 100 }), 5],
    [
      'requestsPerSecond',
      { requestsPerSecond: 100 },
      figuresOf(4, {}, { traffic: traffic({ requestsPerSecond: 650 }) }),
      7,
    ],
    ['concurrency', { concurrency: 20 }, busy(130)(4), 7],
    ['p95Ms', { p95Ms: 200 }, figuresOf(4, {}, { traffic: traffic({ p95Ms: 300 }) }), 6],
    [
      'kafkaLag',
      { kafkaLag: { group: 'g', topic: 't', perInstance: 1_000 } },
      figuresOf(4, {}, { kafkaLag: 9_001 }),
      10,
    ],
    [
      'prometheus',
      { prometheus: { url: 'http://p', query: 'q', perInstance: 50 } },
      figuresOf(4, {}, { prometheus: 301 }),
      7,
    ],
    [
      'score',
      { score: { high: 55, low: 80, critical: 20 } },
      figuresOf(4, { score: { overall: 40, lowest: 40 } }),
      6,
    ],
  ])('%s asks for what its load needs', (target, targets, figures, count) => {
    const state = { ...initialState(4, T0 - 60_000) };
    const decision = decide(inputOf(unlimited({ targets }), { current: 4, figures, state }));
    expect(decision.count).toBe(count);
    expect(decision.explanation).toMatchObject({ by: target, constraint: 'target', raw: count });
  });

  it('the highest count of several wins', () => {
    const policy = unlimited({ targets: { cpu: 50, concurrency: 20 } });
    const figures = figuresOf(2, { cpuPercent: 60 }, { traffic: traffic({ inFlight: 100 }) });
    const { count, explanation } = decide(inputOf(policy, { figures }));
    expect(count).toBe(5);
    expect(explanation.targets.map(({ target, raw }) => [target, raw])).toEqual([
      ['cpu', 3],
      ['concurrency', 5],
    ]);
  });

  it.each([
    ['within the tolerance', 0.1, 2],
    ['beyond it', 0.04, 3],
  ])('a load 5 %% above its target, %s', (_, tolerance, count) => {
    const policy = unlimited({ targets: { cpu: 100 }, out: { tolerance } });
    expect(decide(inputOf(policy, { figures: figuresOf(2, { cpuPercent: 105 }) })).count).toBe(count);
  });
});

describe('missing figures', () => {
  it('an instance without figure counts as 0 on the way out, and as at 100 % on the way in', () => {
    const policy = unlimited({ targets: { cpu: 50 } });
    const some = (cpuPercent: number) => ({
      instances: [{ cpuPercent }, { cpuPercent }, {}, {}],
    });
    expect(decide(inputOf(policy, { current: 4, figures: some(80) })).count).toBe(4);
    expect(decide(inputOf(policy, { current: 4, figures: some(0) })).count).toBe(4);
    expect(decide(inputOf(policy, { current: 4, figures: some(150) })).count).toBe(6);
  });

  it('a target without figure lets nothing go, whatever the others say', () => {
    const policy = unlimited({ targets: { cpu: 50, concurrency: 20 } });
    const { count, explanation } = decide(
      inputOf(policy, { current: 4, figures: figuresOf(4, { cpuPercent: 1 }) }),
    );
    expect(count).toBe(4);
    expect(explanation.constraint).toBe('missing');
    expect(explanation.targets[1]).toMatchObject({
      target: 'concurrency',
      missing: 'no gateway says what requests it has',
    });
  });

  it('it does not hold up the others on the way out', () => {
    const policy = unlimited({ targets: { cpu: 50, concurrency: 20 } });
    expect(decide(inputOf(policy, { figures: figuresOf(2, { cpuPercent: 100 }) })).count).toBe(4);
  });

  it('with no figure at all nothing changes but what the bounds ask for', () => {
    const policy = unlimited({ targets: { cpu: 50 }, min: 3 });
    expect(decide(inputOf(policy, { current: 5 })).count).toBe(5);
    expect(decide(inputOf(policy, { current: 2 }))).toMatchObject({
      count: 3,
      explanation: { constraint: 'min' },
    });
  });
});

describe('limits on the way out', () => {
  it('4 or as many as there are within 15 s, and more after that', () => {
    const policy = policyOf({ targets: { cpu: 10 }, max: 100 });
    const loop = new Loop(policy, 2).run(1, (ready) => figuresOf(ready, { cpuPercent: 100 }));
    expect(loop.counts).toEqual([6]);
    expect(loop.last?.explanation).toMatchObject({ constraint: 'out-step', raw: 20 });
    loop.run(14, (ready) => figuresOf(ready, { cpuPercent: 100 }));
    expect(loop.current).toBe(6);
    loop.run(1, (ready) => figuresOf(ready, { cpuPercent: 100 }));
    expect(loop.current).toBe(12);
  });

  it('a cooldown', () => {
    const policy = policyOf({
      targets: { cpu: 50 },
      max: 100,
      out: { step: 1, percent: 0, cooldownMs: 20_000 },
    });
    const loop = new Loop(policy, 2).run(41, (ready) => figuresOf(ready, { cpuPercent: 100 }));
    expect([0, 19, 20, 39, 40].map((second) => loop.counts[second])).toEqual([3, 3, 4, 4, 5]);
    expect(loop.last?.explanation.constraint).toBe('out-step');
  });

  it('stabilisation takes the lowest of its window', () => {
    const policy = policyOf({ out: { stabilisationMs: 10_000 } });
    const loop = new Loop(policy, 2).run(20, busy(30)).run(5, busy(60)).run(10, busy(30)).run(8, busy(60));
    expect(Math.max(...loop.counts)).toBe(2);
    expect(loop.last?.explanation.constraint).toBe('out-stabilisation');
    expect(loop.run(10, busy(60)).current).toBe(3);
  });

  it('in panic none of them counts, and nothing is scaled in for a minute after', () => {
    const policy = policyOf({
      max: 50,
      out: { cooldownMs: 60_000, stabilisationMs: 60_000, step: 1, percent: 0 },
    });
    const loop = new Loop(policy, 2).run(20, busy(30)).run(8, busy(400));
    expect(loop.current).toBe(20);
    loop.run(30, busy(10));
    expect(loop.last?.explanation).toMatchObject({ constraint: 'panic', count: 20, isPanicking: true });
  });
});

it('what waits for want of instances asks for half as many again as the rate does, for half a minute', () => {
  const queued = (inFlight: number) => (ready: number) =>
    figuresOf(ready, {}, { traffic: traffic({ requestsPerSecond: 150, inFlight }) });
  const loop = new Loop(policyOf({ max: 50 }), 2).run(20, queued(30)).run(20, queued(400));
  expect(loop.current).toBe(3);
  expect(loop.run(20, queued(400)).current).toBe(20);
});

describe('limits on the way in', () => {
  it('the highest recommendation of the window', () => {
    const loop = new Loop(policyOf({ in: { cooldownMs: 0 } }), 4).run(62, busy(70)).run(30, busy(10));
    expect(loop.current).toBe(4);
    expect(loop.last?.explanation.constraint).toBe('in-stabilisation');
  });

  it('one each cooldown', () => {
    const loop = new Loop(policyOf(), 4).run(160, busy(10));
    const changes = loop.counts.flatMap((count, second) =>
      count === loop.counts[second - 1] ? [] : [count],
    );
    expect(changes).toEqual([4, 3, 2, 1]);
    expect(loop.counts.indexOf(2) - loop.counts.indexOf(3)).toBe(30);
  });

  it('nothing goes while a rollout is under way, also above the maximum, and more may come', () => {
    const policy = unlimited({ max: 3 });
    const rolling = { current: 4, isRollingOut: true } as const;
    expect(decide(inputOf(policy, { ...rolling, figures: busy(1)(4) }))).toMatchObject({
      count: 4,
      explanation: { constraint: 'rollout' },
    });
    expect(decide(inputOf(unlimited(), { ...rolling, figures: busy(120)(4) })).count).toBe(6);
  });

  it('not to a load at which answers took too long', () => {
    const policy = unlimited({ targets: { p95Ms: 200 }, in: { cooldownMs: 5_000 } });
    // Two instances are too slow for 100 requests a second, three are fast.
    const loop = new Loop(policy, 2).run(120, (ready) =>
      figuresOf(ready, {}, { traffic: traffic({ requestsPerSecond: 100, p95Ms: ready < 3 ? 260 : 50 }) }),
    );
    expect(loop.counts.slice(10)).toEqual(Array.from({ length: 110 }, () => 3));
  });
});

describe('bounds', () => {
  const windows = [
    { cron: '0 8 * * *', timezone: 'UTC', durationMs: 36_000_000, min: 3, max: 20 },
    { cron: '0 9 * * *', timezone: 'UTC', durationMs: 36_000_000, min: 5 },
  ];

  it('of open windows the highest count', () => {
    const policy = unlimited({ windows });
    expect(inputOf(policy).bounds).toEqual({ min: 5, max: 20, window: '0 8 * * *; 0 9 * * *' });
    expect(decide(inputOf(policy, { figures: busy(1)(2) }))).toMatchObject({
      count: 5,
      explanation: { constraint: 'min', bounds: { window: '0 8 * * *; 0 9 * * *' } },
    });
  });

  it('a lower maximum holds at once', () => {
    const decision = decide(inputOf(policyOf({ max: 3 }), { current: 8, figures: busy(300)(8) }));
    expect(decision).toMatchObject({ count: 3, explanation: { constraint: 'max' } });
  });
});

describe('zero', () => {
  const policy = policyOf({ min: 0, idleMs: 60_000 });
  const idle = (ready: number) => figuresOf(ready, {}, { traffic: traffic({ requestsPerSecond: 0 }) });

  it('after idleMs without a request', () => {
    const loop = new Loop(policy, 1).run(60, idle);
    expect(loop.current).toBe(1);
    expect(loop.run(1, idle)).toMatchObject({ current: 0, last: { explanation: { constraint: 'idle' } } });
  });

  it('a request meanwhile begins it anew', () => {
    const loop = new Loop(policy, 1).run(50, idle).run(1, busy(1)).run(59, idle);
    expect(loop.current).toBe(1);
  });

  it('without figures of traffic nobody knows that it is idle', () => {
    expect(new Loop(policy, 1).run(120, (ready) => figuresOf(ready)).current).toBe(1);
  });

  it('a request that waits wakes it at once, for as many as wait', () => {
    const state = initialState(0, T0);
    const waits = { current: 0, state, figures: figuresOf(0, {}, { traffic: traffic({ waiting: 50 }) }) };
    expect(decide(inputOf(policy, waits))).toMatchObject({ count: 3, explanation: { constraint: 'wake' } });
  });

  it('a wake does so without figures', () => {
    const woken = { current: 0, isWoken: true, state: initialState(0, T0) };
    expect(decide(inputOf(policyOf({ min: 0, idleMs: 60_000, targets: {} }), woken)).count).toBe(1);
  });

  it('what starts slower than idleMs is not idle before it can take a request, whether its client waits or not', () => {
    const none = () => figuresOf(0, {}, { traffic: traffic({ requestsPerSecond: 0 }) });
    const loop = new Loop(policy, 0).run(1, none, { isWoken: true }).run(300, none);
    expect(loop.current).toBe(1);
    expect(loop.run(59, idle).current).toBe(1);
    expect(loop.run(2, idle).current).toBe(0);
  });

  it('what has not started after ten minutes counts as idle: the next request starts it anew', () => {
    const none = () => figuresOf(0, {}, { traffic: traffic({ requestsPerSecond: 0 }) });
    const loop = new Loop(policy, 0).run(1, none, { isWoken: true }).run(600, none);
    expect(loop.current).toBe(1);
    expect(loop.run(61, none).current).toBe(0);
  });

  it('it is not idle again right after', () => {
    const loop = new Loop(policy, 0).run(1, idle, { isWoken: true }).run(59, idle);
    expect(loop.current).toBe(1);
  });

  it('a queue that fills starts one, and one that is empty for long ends it', () => {
    const queue = unlimited({
      min: 0,
      idleMs: 60_000,
      targets: { kafkaLag: { group: 'g', topic: 't', perInstance: 100 } },
    });
    const lag = (kafkaLag: number) => (ready: number) =>
      figuresOf(ready, {}, { kafkaLag, traffic: traffic({ requestsPerSecond: 0 }) });
    const loop = new Loop(queue, 0).run(1, lag(1));
    expect(loop.current).toBe(1);
    expect(loop.run(59, lag(0)).current).toBe(1);
    expect(loop.run(2, lag(0)).current).toBe(0);
  });
});

describe('prediction', () => {
  const expected = { count: 5, target: 'concurrency', at: T0 + 60_000 };

  it('on: it scales out ahead', () => {
    const decision = decide(inputOf(policyOf({ prediction: 'on' }), { expected, figures: busy(20)(2) }));
    expect(decision).toMatchObject({ count: 5, explanation: { constraint: 'prediction', raw: 1 } });
  });

  it('advise: it is shown and changes nothing', () => {
    const decision = decide(inputOf(policyOf({ prediction: 'advise' }), { expected, figures: busy(30)(2) }));
    expect(decision).toMatchObject({ count: 2, explanation: { expected, constraint: 'steady' } });
  });

  it('it scales nothing in', () => {
    const none = { ...expected, count: 0 };
    const given = { current: 5, expected: none, figures: busy(100)(5) };
    expect(decide(inputOf(unlimited({ prediction: 'on' }), given)).count).toBe(5);
  });

  it('it does not go beyond the maximum', () => {
    const many = { ...expected, count: 50 };
    const decision = decide(
      inputOf(unlimited({ prediction: 'on' }), { expected: many, figures: busy(20)(2) }),
    );
    expect(decision.count).toBe(10);
  });
});

it('calm seconds in which no request happened to be in flight do not hold growth back', () => {
  const calm = (inFlight: number) => (ready: number) =>
    figuresOf(ready, {}, { traffic: traffic({ requestsPerSecond: 12, inFlight }) });
  const loop = new Loop(unlimited({ targets: { concurrency: 2.4 } }), 1);
  loop.run(1, calm(0)).run(1, calm(1)).run(2, calm(0));
  const overload = (ready: number) =>
    figuresOf(ready, {}, { traffic: traffic({ requestsPerSecond: 80, inFlight: 40 }) });
  expect(loop.run(2, overload).current).toBeGreaterThan(1);
});
