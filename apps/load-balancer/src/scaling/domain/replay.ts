import { decide } from './decide.js';
import type { Expected } from './decision.js';
import type { Figures, Sample, Sum } from './figures.js';
import { type Outcome, Tally, totalOf } from './outcome.js';
import { type Bounds, boundsAt, type Policy } from './policy.js';
import { COARSE_SECONDS, type Recorded } from './recorded.js';
import { initialState, type ScalingState } from './state.js';

/** A decision stands for so long: often enough for figures of 10 s, and for a minute for the HPA's period of rates. */
const FINE_STEP_MS = 5_000;
const COARSE_STEP_MS = 15_000;
/** Bounds are worked out so often at most: windows are of whole minutes. */
const BOUNDS_MS = 60_000;

const stepOf = ({ seconds }: Recorded): number => (seconds >= COARSE_SECONDS ? COARSE_STEP_MS : FINE_STEP_MS);

interface ReplayParts {
  readonly policy: Policy;
  /** The one that is in force, if one is. */
  readonly present: Policy | undefined;
  /** From a decision to the first request of its instances, in milliseconds. */
  readonly startMs: number;
  /** The load that was expected at a time, as it would have been forecast then. */
  readonly expected: (now: number) => Expected | undefined;
}

/**
 * The real decision over recorded figures, one record after another. Loads are taken as they were, whatever the count is,
 * and shared out over the instances that the policy would have had: so waiting and retried requests, latencies and lags are
 * those of the counts that really ran. An instance takes requests `startMs` after it was decided on, and goes at once.
 * Rollouts are not replayed.
 */
export class Replay {
  private state: ScalingState | undefined;
  private current = 0;
  private ready = 0;
  private starting: readonly { readonly at: number; readonly by: number }[] = [];
  private bounds: { readonly at: number; readonly is: Bounds } | undefined;
  private readonly tally: Tally;

  constructor(private readonly parts: ReplayParts) {
    this.tally = new Tally(parts.policy, parts.present);
  }

  /** Records in the order of their times. */
  add(record: Recorded): void {
    const step = stepOf(record);
    for (let at = record.at; at < record.at + record.seconds * 1_000; at += step)
      this.decideAt(at, step, record);
  }

  get outcome(): Outcome {
    return this.tally.outcome;
  }

  /** How many instances took requests at last. */
  get readyNow(): number {
    return this.ready;
  }

  private decideAt(now: number, ms: number, { sample, current }: Recorded): void {
    const { policy, expected } = this.parts;
    if (this.state === undefined) {
      this.current = this.ready = current;
      this.state = initialState(current, now);
    }
    this.ready += this.starting.filter(({ at }) => at <= now).reduce((sum, { by }) => sum + by, 0);
    this.starting = this.starting.filter(({ at }) => at > now);
    const figures = figuresFor(sample, this.ready, now);
    const isWoken = this.current === 0 && (figures.traffic?.waiting ?? 0) > 0;
    const { count, state } = decide({
      ...{ policy, bounds: this.boundsAt(now), figures, current: this.current },
      ...{ isRollingOut: false, isWoken, state: this.state, now },
      expected: policy.prediction === 'on' ? expected(now) : undefined,
    });
    this.state = state;
    this.scale(count, now);
    this.tally.add({ at: now, ms, count, ready: this.ready, sample });
  }

  private scale(count: number, now: number): void {
    const by = count - this.current;
    this.current = count;
    if (by > 0) this.starting = [...this.starting, { at: now + this.parts.startMs, by }];
    // What has not started yet goes first, the latest of all before the others.
    for (let left = -by; left > 0; left -= 1) this.takeOne();
  }

  private takeOne(): void {
    const latest = this.starting.at(-1);
    if (latest === undefined) {
      this.ready -= 1;
      return;
    }
    const before = this.starting.slice(0, -1);
    this.starting = latest.by === 1 ? before : [...before, { at: latest.at, by: latest.by - 1 }];
  }

  private boundsAt(now: number): Bounds {
    const at = now - (now % BOUNDS_MS);
    if (this.bounds?.at !== at) this.bounds = { at, is: boundsAt(this.parts.policy, at) };
    return this.bounds.is;
  }
}

/** What really ran, by the same measures. */
export class Ran {
  private readonly tally: Tally;

  constructor(present: Policy | undefined) {
    this.tally = new Tally(present, present);
  }

  add({ at, seconds, current, sample }: Recorded): void {
    this.tally.add({ at, ms: seconds * 1_000, count: current, ready: sample.ready, sample });
  }

  get outcome(): Outcome {
    return this.tally.outcome;
  }
}

/** Recorded totals, shared out over so many instances. */
function figuresFor(sample: Sample, ready: number, now: number): Figures {
  const each = (of: Sum): number | undefined => {
    // Where none ran, none used anything.
    const total = sample.ready === 0 ? 0 : totalOf(of);
    return total === undefined ? undefined : total / Math.max(1, ready);
  };
  const deficit = each(sample.deficit);
  const { requestsPerSecond, concurrency = 0, p95Ms, lowestScore = 100 } = sample;
  const instance = {
    ...{ cpuPercent: each(sample.cpu), memoryPercent: each(sample.memory) },
    score:
      deficit === undefined ? undefined : scoreOf(deficit, lowestScore, sample.ready / Math.max(1, ready)),
  };
  const isBusy = (requestsPerSecond ?? 0) + concurrency > 0;
  // Without an instance all of it would wait.
  const waiting =
    ready === 0 && isBusy ? Math.max(1, concurrency) : Math.min(concurrency, sample.waiting ?? 0);
  return {
    instances: Array.from({ length: ready }, () => instance),
    traffic:
      requestsPerSecond === undefined
        ? undefined
        : {
            ...{ requestsPerSecond, waiting, inFlight: Math.max(0, concurrency - waiting), p95Ms },
            ...(isBusy && { lastRequestAt: now }),
          },
    ...{ kafkaLag: sample.kafkaLag, prometheus: sample.prometheus },
  };
}

function scoreOf(deficit: number, lowestScore: number, ratio: number) {
  const overall = 100 - Math.min(100, deficit);
  return { overall, lowest: Math.min(overall, 100 - Math.min(100, (100 - lowestScore) * ratio)) };
}
