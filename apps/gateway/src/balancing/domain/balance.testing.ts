import type { ServerCounters } from '../../data-plane/domain/server-figures.js';
import { balanced, type BalancedService, type BalancingEvent, newcomer } from './balance.js';
import type { BalancingSettings } from './standing.js';
import { shownWeight } from './steering-of.js';
import type { ResponseTimes } from './watched.js';

export const SETTINGS: BalancingSettings = {
  stallMs: 750,
  ejectMs: 5_000,
  mostOut: 0.34,
  slowStartMs: 10_000,
};
const LOOK_MS = 500;

/** What an instance does in half a second. */
export interface Doing {
  readonly requests: number;
  /** Of these, answered; those that are not wait. */
  readonly answers?: number;
  readonly failed?: number;
  /** So many clients leave. */
  readonly aborts?: number;
  readonly ms?: number;
  readonly isUp?: boolean;
  readonly score?: number;
}

/** A service and its instances, which do as they are told. */
export class Simulated {
  readonly events: BalancingEvent[] = [];
  service: BalancedService;
  nowMs = 0;
  private readonly counters = new Map<string, ServerCounters>();
  private readonly waiting = new Map<string, number>();

  constructor(names: readonly string[], more: Partial<BalancedService> = {}) {
    const instances = names.map((name) => newcomer(name, 0, true));
    const rest = { ejects: true, slowStartMs: SETTINGS.slowStartMs, retries: true };
    this.service = { id: 'shop/web', profile: 'least', ...rest, instances, ...more };
  }

  add(name: string): void {
    const instances = [...this.service.instances, newcomer(name, this.nowMs, false)];
    this.service = { ...this.service, instances };
  }

  /** So many looks, in which each instance does this; those that are out get nothing. */
  look(times: number, doing: (name: string) => Doing): void {
    for (let time = 0; time < times; time += 1) this.lookOnce(doing);
  }

  weightOf(name: string): number {
    return shownWeight(this.instance(name));
  }

  instance(name: string) {
    const found = this.service.instances.find((one) => one.name === name);
    if (found === undefined) throw new Error(`there is no ${name}`);
    return found;
  }

  said(kind: BalancingEvent['kind']): readonly string[] {
    return this.events.flatMap((event) =>
      event.kind === kind && 'instance' in event ? [event.instance] : [],
    );
  }

  private lookOnce(doing: (name: string) => Doing): void {
    this.nowMs += LOOK_MS;
    const all = this.service.instances.map(({ name }) => [name, this.does(name, doing(name))] as const);
    const next = balanced(
      this.service,
      {
        nowMs: this.nowMs,
        figures: new Map(all.map(([name, { figures }]) => [name, figures])),
        times: new Map(
          all.flatMap(([name, { times }]) => (times === undefined ? [] : [[name, times] as const])),
        ),
        overrides: new Map(),
        scores: new Map(
          all.flatMap(([name]) => {
            const { score } = doing(name);
            return score === undefined ? [] : [[name, score] as const];
          }),
        ),
      },
      SETTINGS,
    );
    this.service = next.service;
    this.events.push(...next.events);
  }

  private does(
    name: string,
    { requests, answers = requests, failed = 0, aborts = 0, ms = 20, isUp = true }: Doing,
  ) {
    const isOut = this.instance(name).standing.kind === 'ejected';
    const before = this.counters.get(name) ?? NOTHING;
    const came = isOut ? 0 : requests;
    const answered = isOut ? 0 : answers;
    // Whoever answers its latest requests answers all.
    const isWell = came > 0 && answered >= came;
    const waits = isWell ? 0 : Math.max(0, (this.waiting.get(name) ?? 0) + came - answered - aborts);
    this.waiting.set(name, waits);
    const counters: ServerCounters = {
      ...before,
      requests: before.requests + came,
      answers: before.answers + answered,
      aborts: before.aborts + aborts,
      failedAnswers: before.failedAnswers + (isOut ? 0 : failed),
      bytesOut: before.bytesOut + answered,
    };
    this.counters.set(name, counters);
    const times: ResponseTimes | undefined =
      answered === 0 ? undefined : { count: answered, sumOfLogs: answered * Math.log1p(ms) };
    return { figures: { name, source: 'worker', counters, inFlight: waits, queued: 0, isUp }, times };
  }
}

const NOTHING: ServerCounters = {
  ...{ requests: 0, answers: 0, failedAnswers: 0, lost: 0, aborts: 0, bytesIn: 0, bytesOut: 0 },
};
