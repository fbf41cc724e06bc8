import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decide } from './decide.js';
import type { DecideInput } from './decision.js';
import type { Figures } from './figures.js';
import type { DirectionRules, Policy, Targets } from './policy.js';
import { inputOf, Loop, policyOf, T0, traffic } from './scaling.testing.js';
import { initialState } from './state.js';

const RUNS = 100;

const rules = (): fc.Arbitrary<DirectionRules> =>
  fc.record({
    step: fc.integer({ min: 1, max: 20 }),
    percent: fc.integer({ min: 0, max: 300 }),
    cooldownMs: fc.constantFrom(0, 5_000, 60_000),
    stabilisationMs: fc.constantFrom(0, 5_000, 60_000),
    tolerance: fc.constantFrom(0, 0.1, 0.5),
  });

const some = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });

const targets = (): fc.Arbitrary<Targets> =>
  fc.record({
    score: some(fc.constant({ high: 55, low: 80, critical: 20 })),
    cpu: some(fc.integer({ min: 1, max: 100 })),
    memory: some(fc.integer({ min: 1, max: 100 })),
    requestsPerSecond: some(fc.integer({ min: 1, max: 100 })),
    concurrency: some(fc.integer({ min: 1, max: 50 })),
    p95Ms: some(fc.integer({ min: 10, max: 1_000 })),
    kafkaLag: some(fc.constant({ group: 'g', topic: 't', perInstance: 100 })),
    prometheus: some(fc.constant({ url: 'http://p', query: 'q', perInstance: 10 })),
  });

const policies = (): fc.Arbitrary<Policy> =>
  fc
    .record({
      ...{ min: fc.integer({ min: 0, max: 5 }), more: fc.integer({ min: 1, max: 30 }), targets: targets() },
      ...{ out: rules(), in: rules(), idleMs: some(fc.constantFrom(1_000, 60_000)) },
      prediction: fc.constantFrom('off' as const, 'advise' as const, 'on' as const),
    })
    .map(({ min, more, ...given }) => policyOf({ min, max: min + more, ...given }));

const figure = (max: number) => some(fc.integer({ min: 0, max }));

const figures = (): fc.Arbitrary<Figures> =>
  fc.record({
    instances: fc.array(
      fc.record({
        ...{ cpuPercent: figure(200), memoryPercent: figure(100) },
        score: some(
          fc.record({ overall: fc.integer({ min: 0, max: 100 }), lowest: fc.integer({ min: 0, max: 100 }) }),
        ),
      }),
      { maxLength: 10 },
    ),
    traffic: some(
      fc.record({
        ...{
          requestsPerSecond: fc.integer({ min: 0, max: 5_000 }),
          inFlight: fc.integer({ min: 0, max: 500 }),
        },
        ...{ waiting: fc.integer({ min: 0, max: 50 }), p95Ms: figure(2_000) },
      }),
    ),
    ...{ kafkaLag: figure(10_000), prometheus: figure(1_000) },
  });

/** Some seconds of one service; the last one is what is decided. */
const inputs = (): fc.Arbitrary<DecideInput> =>
  fc
    .record({
      ...{ policy: policies(), seconds: fc.array(figures(), { minLength: 1, maxLength: 8 }) },
      ...{ current: fc.integer({ min: 0, max: 40 }), isRollingOut: fc.boolean(), isWoken: fc.boolean() },
      expected: some(
        fc.integer({ min: 0, max: 60 }).map((count) => ({ count, target: 'concurrency', at: T0 })),
      ),
    })
    .map(({ policy, seconds, current, ...given }) => {
      let state = initialState(current, T0 - 60_000);
      seconds.slice(0, -1).forEach((seen, index) => {
        const now = T0 - (seconds.length - 1 - index) * 1_000;
        const input = inputOf(policy, { ...given, current, now, figures: seen, state });
        // What is not acted on leaves no change behind.
        state = { ...decide(input).state, changes: state.changes };
      });
      const last = seconds.at(-1) ?? { instances: [] };
      return inputOf(policy, { ...given, current, state, figures: last });
    });

it('the bounds hold always, but that nothing goes while a rollout is under way', () => {
  fc.assert(
    fc.property(inputs(), (input) => {
      const { count } = decide(input);
      const { min, max } = input.bounds;
      expect(count).toBeGreaterThanOrEqual(min);
      expect(count).toBeLessThanOrEqual(input.isRollingOut ? Math.max(max, input.current) : max);
      if (input.isRollingOut) expect(count).toBeGreaterThanOrEqual(Math.max(min, input.current));
    }),
    { numRuns: RUNS },
  );
});

const more = (value: number | undefined, by: number): number | undefined => value && value * by;

/** The same with so many times the load. */
const loaded = (given: Figures, by: number): Figures => ({
  instances: given.instances.map(({ cpuPercent, memoryPercent, score }) => ({
    ...{ cpuPercent: more(cpuPercent, by), memoryPercent: more(memoryPercent, by) },
    score: score && { overall: score.overall / by, lowest: score.lowest / by },
  })),
  traffic: given.traffic && {
    requestsPerSecond: given.traffic.requestsPerSecond * by,
    inFlight: given.traffic.inFlight * by,
    waiting: given.traffic.waiting * by,
    p95Ms: more(given.traffic.p95Ms, by),
  },
  ...{ kafkaLag: more(given.kafkaLag, by), prometheus: more(given.prometheus, by) },
});

it('more load never means fewer instances', () => {
  fc.assert(
    fc.property(inputs(), fc.constantFrom(1.01, 1.5, 3, 20), (input, by) => {
      const { count } = decide(input);
      expect(decide({ ...input, figures: loaded(input.figures, by) }).count).toBeGreaterThanOrEqual(count);
    }),
    { numRuns: RUNS },
  );
});

type Measured = Exclude<keyof Figures, 'missing'>;

it('without any of its figures nothing is scaled in', () => {
  const lost = fc.constantFrom<Measured>('instances', 'traffic', 'kafkaLag', 'prometheus');
  const needs = (input: DecideInput, of: Measured): boolean => {
    const { targets: aims } = input.policy;
    const by = {
      instances: [aims.score, aims.cpu, aims.memory],
      traffic: [aims.requestsPerSecond, aims.concurrency, aims.p95Ms],
      ...{ kafkaLag: [aims.kafkaLag], prometheus: [aims.prometheus] },
    };
    return by[of].some((aim) => aim !== undefined);
  };
  fc.assert(
    fc.property(inputs(), lost, (input, of) => {
      fc.pre(needs(input, of));
      const without: Figures = {
        ...input.figures,
        [of]: of === 'instances' ? input.figures.instances.map(() => ({})) : undefined,
      };
      const { count } = decide({ ...input, figures: without });
      expect(count).toBeGreaterThanOrEqual(Math.min(input.current, input.bounds.max));
    }),
    { numRuns: RUNS },
  );
});

it('an instance without figures counts as at its aim at least on the way in', () => {
  fc.assert(
    fc.property(inputs(), fc.nat(), (input, index) => {
      const { instances } = input.figures;
      fc.pre(instances.length > 1 && input.policy.targets.cpu !== undefined);
      const at = (cpuPercent: number | undefined): DecideInput => ({
        ...input,
        policy: { ...input.policy, targets: { cpu: input.policy.targets.cpu } },
        figures: {
          ...input.figures,
          instances: instances.map((each, other) =>
            other === index % instances.length ? { ...each, cpuPercent } : each,
          ),
        },
      });
      const missing = decide(at(undefined)).count;
      const full = decide(at(100)).count;
      if (missing < input.current) expect(missing).toBeGreaterThanOrEqual(Math.min(full, input.current));
      expect(missing).toBeLessThanOrEqual(Math.max(full, input.current));
    }),
    { numRuns: RUNS },
  );
});

it('two replicas that know the same decide alike', () => {
  fc.assert(
    fc.property(inputs(), (input) => {
      const kept = JSON.parse(JSON.stringify(input)) as DecideInput;
      expect(decide(kept)).toEqual(decide(input));
    }),
  );
});

it('its state is JSON, and small whatever came before', () => {
  const loop = new Loop(policyOf({ in: { stabilisationMs: 1_800_000 }, max: 50 }), 1);
  loop.run(2_500, (ready, second) => ({
    instances: Array.from({ length: ready }, () => ({})),
    traffic: traffic({ inFlight: (second % 400) * 3 }),
  }));
  const text = JSON.stringify(loop.state);
  expect(JSON.parse(text)).toEqual(loop.state);
  expect(text.length).toBeLessThan(10_000);
});

it('under a constant load the count settles and stays', () => {
  /** What one service of so much work shows, with so many instances. */
  const seen =
    (work: number) =>
    (ready: number): Figures => {
      const each = work / Math.max(1, ready);
      return {
        instances: Array.from({ length: ready }, () => ({
          ...{ cpuPercent: Math.min(100, each), memoryPercent: Math.min(100, 20 + each / 2) },
          score: { overall: Math.max(0, 100 - each), lowest: Math.max(0, 100 - each) },
        })),
        traffic: {
          ...{ requestsPerSecond: work, inFlight: work / 4, waiting: 0 },
          // A queue before a server: it grows without bound towards saturation.
          p95Ms: 20 / Math.max(0.02, 1 - each / 100),
        },
      };
    };
  fc.assert(
    fc.property(
      targets().filter((aims) => Object.values(aims).some((aim) => aim !== undefined)),
      ...[fc.integer({ min: 1, max: 1_500 }), fc.integer({ min: 1, max: 20 })],
      fc.constantFrom(0, 1_000, 5_000),
      (aims, work, count, startMs) => {
        const policy = policyOf({
          targets: { ...aims, kafkaLag: undefined, prometheus: undefined },
          ...{ min: 1, max: 20, in: { step: 20, stabilisationMs: 10_000, cooldownMs: 1_000 } },
        });
        const loop = new Loop(policy, count, startMs).run(500, seen(work));
        const last = loop.counts.slice(-60);
        expect([...new Set(last)]).toHaveLength(1);
      },
    ),
    { numRuns: Math.ceil(RUNS / 3) },
  );
});
