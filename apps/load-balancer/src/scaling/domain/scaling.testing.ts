import { decide } from './decide.js';
import type { DecideInput, Decision } from './decision.js';
import type { Figures, InstanceFigures, Traffic } from './figures.js';
import { boundsAt, type DirectionRules, type Policy } from './policy.js';
import { initialState, type ScalingState } from './state.js';

export const T0 = Date.parse('2026-01-05T12:00:00Z');

interface Given extends Omit<Partial<Policy>, 'out' | 'in'> {
  readonly out?: Partial<DirectionRules>;
  readonly in?: Partial<DirectionRules>;
}

/** With the defaults of the contract. */
export const policyOf = ({ out, in: less, ...given }: Given = {}): Policy => ({
  ...{ min: 1, max: 10, targets: { concurrency: 20 }, windows: [], prediction: 'off' },
  panic: { percent: 200, windowMs: 6_000 },
  ...given,
  out: { step: 4, percent: 100, cooldownMs: 0, stabilisationMs: 0, tolerance: 0.1, ...out },
  in: { step: 1, percent: 10, cooldownMs: 30_000, stabilisationMs: 60_000, tolerance: 0.1, ...less },
});

/** Without pauses and rates in either direction. */
export const unlimited = (given: Given = {}): Policy =>
  policyOf({
    ...given,
    out: { step: 1_000, ...given.out },
    in: { step: 1_000, cooldownMs: 0, stabilisationMs: 0, ...given.in },
  });

export const traffic = (given: Partial<Traffic> = {}): Traffic => ({
  ...{ requestsPerSecond: 10, inFlight: 0, waiting: 0 },
  ...given,
});

/** So many instances that use alike. */
export const figuresOf = (
  count: number,
  each: InstanceFigures = {},
  rest: Partial<Figures> = {},
): Figures => ({ instances: Array.from({ length: count }, () => each), ...rest });

export const inputOf = (policy: Policy, given: Partial<DecideInput> = {}): DecideInput => {
  const { current = 2, now = T0 } = given;
  return {
    ...{ policy, bounds: boundsAt(policy, now), current, now, isRollingOut: false, isWoken: false },
    ...{ figures: figuresOf(current), state: initialState(current, now) },
    ...given,
  };
};

/** Decides once a second, and what is decided runs after `startMs`. */
export class Loop {
  current: number;
  ready: number;
  now = T0;
  state: ScalingState;
  last: Decision | undefined;
  readonly counts: number[] = [];
  private starting: { at: number; count: number }[] = [];

  constructor(
    readonly policy: Policy,
    count: number,
    private readonly startMs = 2_000,
  ) {
    this.current = count;
    this.ready = count;
    this.state = initialState(count, this.now);
  }

  run(
    seconds: number,
    figures: (ready: number, second: number) => Figures,
    given: Partial<DecideInput> = {},
  ): this {
    for (let second = 0; second < seconds; second += 1) this.second(figures, second, given);
    return this;
  }

  private second(
    figures: (ready: number, second: number) => Figures,
    second: number,
    given: Partial<DecideInput>,
  ): void {
    const { policy, now, current, state } = this;
    for (const { at, count } of this.starting) if (at <= now) this.ready = Math.min(count, this.current);
    this.starting = this.starting.filter(({ at }) => at > now);
    this.last = decide(
      inputOf(policy, { now, current, state, figures: figures(this.ready, second), ...given }),
    );
    const { count } = this.last;
    this.state = this.last.state;
    if (count > current) this.starting.push({ at: now + this.startMs, count });
    this.ready = Math.min(this.ready, count);
    this.current = count;
    this.counts.push(count);
    this.now += 1_000;
  }
}
