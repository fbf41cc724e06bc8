import type { LoadMinutes } from './domain/load-minutes.js';
import type { Outcome } from './domain/outcome.js';
import type { Policy } from './domain/policy.js';
import type { Recorded } from './domain/recorded.js';
import { Ran, Replay } from './domain/replay.js';
import { ReplayedForecasts } from './domain/replayed-forecasts.js';
import { type Unresolved, Unresolvables } from './domain/unresolved.js';
import { loadsBefore } from './load-history.js';
import type { KeptFigures, ServiceName } from './ports.js';

const HOUR_MS = 3_600_000;

export interface ReplayWish extends ServiceName {
  readonly proposed: Policy;
  readonly present: Policy | undefined;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
  /** From a decision to the first request of its instances. */
  readonly startMs: number;
}

export interface Replayed extends Outcome {
  readonly unresolved: readonly Unresolved[];
}

export interface ReplayedPolicies {
  /** Of how many seconds there are figures. */
  readonly seconds: number;
  readonly proposed: Replayed;
  readonly present: Replayed | undefined;
  readonly ran: Outcome;
}

/** Both policies over what was recorded, an hour at a time: memory does not grow, and other work goes on between. */
export async function replayPolicies(figures: KeptFigures, wish: ReplayWish): Promise<ReplayedPolicies> {
  const { proposed, present, from, to } = wish;
  const isPredicted = [proposed, present].some((policy) => policy?.prediction === 'on');
  const loads = isPredicted ? await loadsBefore(figures, wish, from) : undefined;
  const first = new Run(proposed, wish, loads);
  const second = present && new Run(present, wish, loads);
  const ran = new Ran(present);
  let seconds = 0;
  for (let hour = from; hour < to; hour += HOUR_MS) {
    const end = Math.min(to, hour + HOUR_MS);
    loads?.add(await figures.minutes(wish, hour, end));
    for (const record of await figures.finest(wish, hour, end)) {
      seconds += record.seen;
      ran.add(record);
      first.add(record);
      second?.add(record);
    }
  }
  return {
    ...{ seconds, proposed: first.end(), ran: ran.outcome },
    present: second?.end(),
  };
}

/** One policy, with what the figures cannot say of it. */
class Run {
  private readonly replay: Replay;
  private readonly unresolved: Unresolvables;
  private readonly forecasts: ReplayedForecasts;

  constructor(
    private readonly policy: Policy,
    private readonly wish: ReplayWish,
    loads: LoadMinutes | undefined,
  ) {
    const { present, startMs, from } = wish;
    this.forecasts = new ReplayedForecasts(policy, loads);
    this.replay = new Replay({ policy, present, startMs, expected: (now) => this.forecasts.expected(now) });
    this.unresolved = new Unresolvables(policy, from);
  }

  add(whole: Recorded): void {
    const record = ofSameSources(whole, this.policy, this.wish.present);
    this.replay.add(record);
    this.unresolved.add(record, this.replay.readyNow, this.forecasts.lacks(record.at));
  }

  end(): Replayed {
    return { ...this.replay.outcome, unresolved: this.unresolved.end(this.wish.to) };
  }
}

/** What was recorded of another consumer group or query says nothing of the one that a policy names. */
function ofSameSources(record: Recorded, { targets }: Policy, present: Policy | undefined): Recorded {
  const { kafkaLag, prometheus, ...sample } = record.sample;
  const [lag, query] = [present?.targets.kafkaLag, present?.targets.prometheus];
  const isSameLag = targets.kafkaLag?.group === lag?.group && targets.kafkaLag?.topic === lag?.topic;
  const isSameQuery = targets.prometheus?.url === query?.url && targets.prometheus?.query === query?.query;
  return {
    ...record,
    sample: {
      ...sample,
      ...(isSameLag && kafkaLag !== undefined && { kafkaLag }),
      ...(isSameQuery && prometheus !== undefined && { prometheus }),
    },
  };
}
