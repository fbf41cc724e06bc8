import type { Expected } from './decision.js';
import { expectedOf } from './expected.js';
import { type LoadMinutes, MINUTE_MS } from './load-minutes.js';
import type { Policy } from './policy.js';

/** The forecasts of a policy as they would have been made at the time, once a minute. */
export class ReplayedForecasts {
  private minute = -1;
  private latest: Expected | undefined;

  constructor(
    private readonly policy: Policy,
    /** With the minutes up to the time that is asked for, at least. */
    private readonly loads: LoadMinutes | undefined,
  ) {}

  expected(now: number): Expected | undefined {
    const minute = Math.floor(now / MINUTE_MS);
    if (this.loads === undefined || minute === this.minute) return this.latest;
    this.minute = minute;
    this.latest = expectedOf(this.loads.until(now), this.policy, now);
    return this.latest;
  }

  /** Whether the policy predicts, and too little was kept for a forecast. */
  lacks(now: number): boolean {
    return this.policy.prediction === 'on' && this.expected(now) === undefined;
  }
}
