import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResourceState } from '../../structures/domain/structure.js';
import { containerOf, stateOf } from '../../structures/domain/structures.testing.js';
import { guardContainer, initialGuardState } from './guard.js';
import type { GuardState, Sample } from './guardian.js';
import { chainOf } from './limits.js';
import { defaultSettings } from './settings.js';

const states = fc
  .tuple(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 400 }))
  .chain(([min, above, more]) =>
    fc.record({
      ...{ min: fc.constant(min), current: fc.constant(min + above), max: fc.constant(min + above + more) },
      boundary: fc.integer({ min: 0, max: 60 }),
      boundaryOf: fc.constantFrom('max' as const, 'current' as const),
    }),
  )
  .map((own): ResourceState => stateOf(own));

/** A container that runs under its limit: how much it uses, and how often it is held back. */
function seconds(
  policy: 'slo' | 'serverless',
  start: ResourceState,
  demand: number,
  count: number,
): number[] {
  let current = start.current;
  let state: GuardState = initialGuardState;
  let samples: Sample[] = [];
  const limits: number[] = [];
  for (let at = 1; at <= count; at += 1) {
    const throttled = demand > current ? 1 : 0;
    samples = [
      ...samples.slice(-30),
      { at: at * 1_000, usage: { cpu: Math.min(demand, current) }, throttled },
    ];
    const container = containerOf('a', { policy, resources: { cpu: { ...start, current } } });
    const result = guardContainer({ container, samples, state, settings: defaultSettings, now: at * 1_000 });
    state = result.state;
    current = result.wishes[0]?.target ?? current;
    limits.push(current);
  }
  return limits;
}

describe('properties of the guardian', () => {
  it('min <= lower <= upper <= current <= max', () => {
    fc.assert(
      fc.property(states, (state) => {
        const { upper, lower } = chainOf(state);
        const chain = [state.min, lower, upper, state.current, state.max];
        expect([...chain].sort((a, b) => a - b)).toEqual(chain);
      }),
    );
  });

  it('a wish stays within the bounds, whatever is measured, and takes no memory that is in use', () => {
    const figure = fc.option(fc.integer({ min: 0, max: 2_000 }), { nil: undefined });
    const sample = fc.record({
      cpu: figure,
      memory: figure,
      throttled: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    fc.assert(
      fc.property(
        fc.constantFrom('slo' as const, 'serverless' as const),
        fc.tuple(states, states),
        fc.array(sample, { minLength: 1, maxLength: 30 }),
        fc.nat(8),
        (policy, [cpu, memory], figures, events) => {
          const container = containerOf('a', { policy, resources: { cpu, memory } });
          const samples = figures.map(({ cpu: ofCpu, memory: ofMemory, throttled }, index): Sample => {
            const usage = {
              ...(ofCpu !== undefined && { cpu: ofCpu }),
              ...(ofMemory !== undefined && { memory: ofMemory }),
            };
            return { at: (index + 1) * 1_000, usage, throttled };
          });
          const state: GuardState = {
            events: Array.from({ length: events }, () => ({ resource: 'memory', direction: 'down', at: 0 })),
          };
          const now = samples.length * 1_000;
          const { wishes } = guardContainer({ container, samples, state, settings: defaultSettings, now });
          const inUse = samples.at(-1)?.usage.memory ?? 0;
          for (const { resource, target } of wishes) {
            const own = resource === 'cpu' ? cpu : memory;
            expect(target).toBeGreaterThanOrEqual(own.min);
            expect(target).toBeLessThanOrEqual(own.max);
            expect(Number.isSafeInteger(target)).toBe(true);
            if (resource === 'memory' && target < own.current) expect(target).toBeGreaterThanOrEqual(inUse);
          }
        },
      ),
    );
  });

  it.each(['slo', 'serverless'] as const)('no oscillation under constant load (%s)', (policy) => {
    const bounds = { min: 10, max: 400, boundary: 10, boundaryOf: 'max' as const };
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 450 }), fc.integer({ min: 10, max: 400 }), (demand, current) => {
        const limits = seconds(policy, stateOf({ ...bounds, current }), demand, 400);
        const settled = limits.slice(330);
        expect(new Set(settled).size).toBe(1);
        expect(settled[0]).toBeGreaterThanOrEqual(Math.min(demand, 400));
      }),
      { numRuns: 30 },
    );
  });
});
