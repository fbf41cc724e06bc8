import type { Sample } from './figures.js';
import type { Policy, Targets } from './policy.js';
import type { Recorded } from './recorded.js';

/** A time for which the kept figures cannot say what a policy would have done. */
export interface Unresolved {
  /** `gap`: no figures. Otherwise a target, `prediction`, or a time of the policy such as `panic.windowMs`. */
  readonly what: string;
  readonly why: string;
  /** Milliseconds since the epoch. */
  readonly from: number;
  readonly to: number;
}

/** Of a record with fewer seconds than this share, the rest is a gap. */
const LEAST_SEEN = 0.5;

/** Figures of a sample by the target that uses them. */
const known: Readonly<Record<keyof Targets, (sample: Sample) => boolean>> = {
  score: ({ deficit, ready }) => ready === 0 || deficit.known > 0,
  cpu: ({ cpu, ready }) => ready === 0 || cpu.known > 0,
  memory: ({ memory, ready }) => ready === 0 || memory.known > 0,
  requestsPerSecond: ({ requestsPerSecond }) => requestsPerSecond !== undefined,
  concurrency: ({ concurrency }) => concurrency !== undefined,
  p95Ms: ({ p95Ms }) => p95Ms !== undefined,
  kafkaLag: ({ kafkaLag }) => kafkaLag !== undefined,
  prometheus: ({ prometheus }) => prometheus !== undefined,
};

const DIRECTIONS = ['out', 'in'] as const;
const PAUSES = ['stabilisationMs', 'cooldownMs'] as const;

/** The times of a policy within which figures decide; those of 0 are none. */
const timesOf = (policy: Policy): readonly (readonly [string, number])[] => {
  const { panic, min, windows, idleMs = 0 } = policy;
  const mayBeNone = [min, ...windows.map((window) => window.min ?? min)].includes(0);
  return [
    ['panic.windowMs', panic.windowMs],
    ...DIRECTIONS.flatMap((direction) =>
      PAUSES.map((pause) => [`${direction}.${pause}`, policy[direction][pause]] as const),
    ),
    ['idleMs', mayBeNone ? idleMs : 0],
  ];
};

/** Targets whose figure is no load that is shared out: it depends on the count that really ran. */
const DEPENDENT = ['score', 'memory', 'p95Ms', 'kafkaLag', 'prometheus'] as const;

/** Collects what cannot be said, record after record: what follows on itself is one. */
export class Unresolvables {
  private readonly open = new Map<string, Unresolved>();
  private readonly closed: Unresolved[] = [];
  private readonly times: readonly (readonly [string, number])[];
  private seenUntil: number;

  constructor(
    private readonly policy: Policy,
    from: number,
  ) {
    this.seenUntil = from;
    this.times = timesOf(policy);
  }

  /** A record, how many instances the policy would have had then, and whether it predicts and no forecast could be made. */
  add({ at, seconds, seen, sample }: Recorded, ready: number, lacksForecast = false): void {
    const to = at + seconds * 1_000;
    this.gapUntil(at);
    this.seenUntil = Math.max(this.seenUntil, to);
    const note = (what: string, why: string) => this.note({ what, why, from: at, to });
    if (seen < seconds * LEAST_SEEN) note('gap', 'figures of less than half of these seconds');
    for (const [name, ms] of this.times)
      if (ms > 0 && ms < seconds * 1_000)
        note(name, `${ms} ms are shorter than the ${seconds} s that a figure is the mean of`);
    for (const [target, isKnown] of Object.entries(known) as [keyof Targets, (of: Sample) => boolean][])
      if (this.policy.targets[target] !== undefined && !isKnown(sample))
        note(target, 'no figure of this target was recorded');
    for (const target of DEPENDENT)
      if (this.policy.targets[target] !== undefined && ready !== Math.round(sample.ready))
        note(target, 'recorded with another count of instances than this policy has');
    if (lacksForecast) note('prediction', 'too little was recorded before for a forecast');
  }

  /** @param to the end of what was asked for */
  end(to: number): readonly Unresolved[] {
    this.gapUntil(to);
    return [...this.closed, ...this.open.values()].toSorted(
      (a, b) => a.from - b.from || (a.what < b.what ? -1 : 1),
    );
  }

  private gapUntil(at: number): void {
    if (at > this.seenUntil) this.note({ what: 'gap', why: 'no figures', from: this.seenUntil, to: at });
  }

  private note(one: Unresolved): void {
    const key = `${one.what}: ${one.why}`;
    const before = this.open.get(key);
    if (before?.to === one.from) {
      this.open.set(key, { ...before, to: one.to });
      return;
    }
    if (before !== undefined) this.closed.push(before);
    this.open.set(key, one);
  }
}
