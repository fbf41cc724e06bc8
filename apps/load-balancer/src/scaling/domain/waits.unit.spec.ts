import { describe, expect, it } from 'vitest';
import { decide } from './decide.js';
import { figuresOf, inputOf, policyOf, T0, traffic } from './scaling.testing.js';
import { initialState } from './state.js';
import { type Waiting, waitsFor } from './waits.js';

const policy = policyOf();
const { explanation } = decide(
  inputOf(policy, { current: 4, figures: figuresOf(4, {}, { traffic: traffic({ inFlight: 20 }) }) }),
);
const waiting = (given: Partial<Waiting> = {}): Waiting => ({
  ...{ policy, explanation, decidedAt: T0, asking: {}, now: T0 + 5_000 },
  state: initialState(4, T0),
  ...given,
});

describe('what a service waits for', () => {
  it('is what held it back, in one line', () => {
    expect(waitsFor(waiting())).toEqual({
      for: 'in-stabilisation',
      text: '4; 1 are enough now, but not all through the stabilisation; 5 requests at once an instance, aim 20',
    });
  });

  it('ends with the cooldown of its direction, which another direction does not begin on the way out', () => {
    const state = {
      ...initialState(4, T0),
      changes: [
        { at: T0 - 20_000, from: 2, to: 5 },
        { at: T0 - 10_000, from: 5, to: 4 },
      ],
    };
    const of = (constraint: 'in-cooldown' | 'out-cooldown') =>
      waitsFor(
        waiting({
          ...{ state, explanation: { ...explanation, constraint } },
          policy: policyOf({ out: { cooldownMs: 60_000 } }),
        }),
      )?.until;
    expect(of('in-cooldown')).toBe(T0 + 20_000);
    expect(of('out-cooldown')).toBe(T0 + 40_000);
  });

  it('is the deployer while a request is under way, and a pause after it failed', () => {
    const asked = { token: 't', count: 6, at: T0 };
    expect(waitsFor(waiting({ asking: { asked } }))).toMatchObject({ for: 'asked', until: T0 + 30_000 });
    expect(waitsFor(waiting({ asking: { asked }, now: T0 + 31_000 }))).toBeUndefined();
    const rest = { ...explanation, constraint: 'rest' } as const;
    expect(waitsFor(waiting({ explanation: rest, asking: { restsUntil: T0 + 15_000 } }))).toMatchObject({
      ...{ for: 'rest', until: T0 + 15_000 },
    });
  });

  it('is nothing where the targets have what they ask for, or nobody has decided for long', () => {
    expect(waitsFor(waiting({ explanation: { ...explanation, constraint: 'steady' } }))).toBeUndefined();
    expect(waitsFor(waiting({ now: T0 + 30_000 }))).toBeUndefined();
  });

  it('is the end of idleMs once there is nothing to do, with min 0', () => {
    const idle = { ...explanation, constraint: 'steady', bounds: { min: 0, max: 10 } } as const;
    const given = { explanation: idle, policy: policyOf({ min: 0, idleMs: 60_000 }) };
    expect(waitsFor(waiting(given))).toMatchObject({ for: 'idle', until: T0 + 60_000 });
    expect(waitsFor(waiting({ ...given, now: T0 + 1_000 }))).toBeUndefined();
  });
});
