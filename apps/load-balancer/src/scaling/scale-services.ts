import { answered, type Asking, countNow, stillAsked } from './domain/asked.js';
import type { Decision } from './domain/decision.js';
import { type Figures, sampleOf } from './domain/figures.js';
import { boundsAt } from './domain/policy.js';
import { beginningOf, FINE_SECONDS, type Recordable, type Recorded, recordOf } from './domain/recorded.js';
import { ofReach } from './domain/reach.js';
import { initialState, type ScalingState } from './domain/state.js';
import { takeTurn } from './domain/turn.js';
import { dueOf, type Unchanged, withChange, withUnchanged, written } from './domain/unchanged.js';
import { reasonText } from './domain/words.js';
import type {
  CurrentFigures,
  Forecasts,
  HeldService,
  OutsideFigure,
  OutsideFigures,
  ScaledService,
  ScaledServices,
  ScalingLeases,
  ScalingRecord,
  ServiceName,
} from './ports.js';

interface ScaleServicesParts {
  readonly services: ScaledServices;
  readonly leases: ScalingLeases;
  readonly figures: CurrentFigures;
  readonly outside: OutsideFigures;
  readonly forecasts: Forecasts;
  readonly record: ScalingRecord;
  /** Milliseconds since the epoch, as the database says. */
  now(): number;
  newToken(): string;
  onChanged(from: number, to: number): void;
  /** A service could not be decided for; the others are. */
  onFailed(service: ServiceName, error: unknown): void;
}

/** What this replica knows of a service that it decides for. */
interface Memory {
  readonly fence: number;
  state: ScalingState;
  asking: Asking;
  /** Decisions that changed nothing, and when they were written last. */
  unchanged: readonly Unchanged[];
  unchangedWritten: number;
  keptAt: number;
  /** Of the record that is not full yet. */
  recording: { readonly at: number; readonly parts: Recordable[] };
}

/** State that decides nothing at once is kept so often: so much of a window of stabilisation may be lost with a replica. */
const KEEP_MS = 5_000;

export const keyOf = ({ appId, service }: ServiceName): string => `${appId}/${service}`;

/**
 * Decides for each service with a policy that this replica holds the lease of, once a second. It changes nothing itself:
 * what it decides is a scale request. A figure that is missing scales nothing in, and a registry or a database that does not
 * answer ends a round, so losing any of them removes and adds nothing.
 */
export class ScaleServices {
  private memories = new Map<string, Memory>();
  private readonly woken = new Set<string>();

  constructor(private readonly parts: ScaleServicesParts) {}

  /** How many services this replica decides for. */
  get held(): number {
    return this.memories.size;
  }

  /** A request waits for a service without instance: the next round starts one. */
  wake(service: string): void {
    this.woken.add(service);
  }

  async round(): Promise<void> {
    const { services, leases } = this.parts;
    const all = await services.read();
    const held = await leases.hold(all);
    const fences = new Map(held.map((service) => [keyOf(service), service]));
    const known = new Map<string, Memory>();
    const due: (readonly [ScaledService, HeldService, Memory])[] = [];
    for (const service of all) {
      const lease = fences.get(keyOf(service));
      if (lease === undefined) continue;
      const memory = await this.remembered(service, lease);
      known.set(keyOf(service), memory);
      due.push([service, lease, memory]);
    }
    this.memories = known;
    await this.takeAnswers(due.map(([, , memory]) => memory));
    for (const [service, lease, memory] of due)
      await this.decideFor(service, lease, memory).catch((error: unknown) => {
        // What it would have decided from is read anew.
        this.memories.delete(keyOf(service));
        this.parts.onFailed(service, error);
      });
    // Of those that another replica decides for, that one was woken as well.
    this.woken.clear();
    await this.write(due);
  }

  async end(): Promise<void> {
    const { leases, now } = this.parts;
    await leases.keep([...this.memories].map(([key, memory]) => ({ ...named(key), ...keptOf(memory) })));
    await this.writeUnchanged(
      [...this.memories].map(([key, memory]) => [named(key), memory] as const),
      now(),
      true,
    );
    await leases.end();
  }

  private async remembered(service: ScaledService, { fence }: HeldService): Promise<Memory> {
    const memory = this.memories.get(keyOf(service));
    if (memory?.fence === fence) return memory;
    const now = this.parts.now();
    const [kept, unchanged] = await Promise.all([
      this.parts.leases.kept(service),
      this.parts.record.goingOn(service, now),
    ]);
    return {
      fence,
      state: kept?.state ?? initialState(service.wanted, now),
      asking: kept?.asking ?? {},
      ...{
        unchanged,
        unchangedWritten: now,
        keptAt: now,
        recording: { at: beginningOf(now, FINE_SECONDS), parts: [] },
      },
    };
  }

  private async takeAnswers(memories: readonly Memory[]): Promise<void> {
    const asking = memories.filter(({ asking: { asked } }) => asked !== undefined);
    if (asking.length === 0) return;
    const answers = await this.parts.leases.answers(asking.map((memory) => memory.asking.asked?.token ?? ''));
    const now = this.parts.now();
    for (const memory of asking)
      memory.asking = answered(memory.asking, answers.get(memory.asking.asked?.token ?? ''), now);
  }

  private async decideFor(service: ScaledService, lease: HeldService, memory: Memory): Promise<void> {
    const { forecasts, now: clock } = this.parts;
    const now = clock();
    const { policy, wanted, isRollingOut, areNodesAway } = service;
    const figures = this.figuresOf(service);
    memory.asking = stillAsked(memory.asking, wanted, now);
    const current = countNow(wanted, memory.asking, now);
    const expected = policy.prediction === 'off' ? undefined : forecasts.expected(service, policy, now);
    const isWoken = this.woken.has(keyOf(service));
    const decision = takeTurn(
      {
        policy,
        bounds: boundsAt(policy, now),
        figures,
        current,
        isRollingOut,
        isWoken,
        areNodesAway,
        expected,
        state: memory.state,
        now,
      },
      memory.asking,
    );
    if (decision.count !== current) await this.change(lease, memory, decision, now);
    else {
      memory.state = decision.state;
      memory.unchanged = withUnchanged(memory.unchanged, decision.explanation, now);
    }
    memory.recording.parts.push({ current: decision.count, seen: 1, sample: sampleOf(figures, now) });
  }

  private figuresOf({ policy: { targets, vertical }, running, ...service }: ScaledService): Figures {
    const { figures, outside } = this.parts;
    const { kafkaLag, prometheus } = targets;
    const lag = kafkaLag && outside.kafkaLag(kafkaLag.group, kafkaLag.topic);
    const query = prometheus && outside.prometheus(prometheus.url, prometheus.query);
    return {
      instances: running.map((name) => ofReach(figures.instance(name) ?? {}, vertical)),
      traffic: figures.traffic(service),
      ...{ kafkaLag: valueOf(lag), prometheus: valueOf(query) },
      missing: { ...whyMissing('kafkaLag', lag), ...whyMissing('prometheus', query) },
    };
  }

  private async change(
    lease: HeldService,
    memory: Memory,
    { count, explanation, state }: Decision,
    now: number,
  ): Promise<void> {
    const { record, newToken, onChanged } = this.parts;
    const token = newToken();
    const asking: Asking = { ...memory.asking, asked: { token, count, at: now } };
    const reason = reasonText(explanation);
    const change = { ...lease, at: now, token, explanation, reason, kept: { state, asking } };
    if (!(await record.change(change))) {
      this.memories.delete(keyOf(lease));
      return;
    }
    Object.assign(memory, { state, asking, keptAt: now, unchanged: withChange(memory.unchanged) });
    onChanged(explanation.current, count);
  }

  private async write(due: readonly (readonly [ScaledService, HeldService, Memory])[]): Promise<void> {
    const { leases, record, now: clock } = this.parts;
    const now = clock();
    const stale = due.filter(([, , { keptAt }]) => now - keptAt >= KEEP_MS);
    if (stale.length > 0) {
      await leases.keep(stale.map(([, lease, memory]) => ({ ...lease, ...keptOf(memory) })));
      for (const [, , memory] of stale) memory.keptAt = now;
    }
    await this.writeUnchanged(
      due.map(([, lease, memory]) => [lease, memory] as const),
      now,
    );
    const figures = due.flatMap(([, lease, memory]) =>
      recordedNow(memory, now).map((recorded) => ({ appId: lease.appId, service: lease.service, recorded })),
    );
    if (figures.length > 0) await record.figures(figures);
  }

  private async writeUnchanged(
    of: readonly (readonly [ServiceName, Memory])[],
    now: number,
    isEnd = false,
  ): Promise<void> {
    const due = of.map(([name, memory]) => {
      const decisions = dueOf(memory.unchanged, isEnd ? -Infinity : memory.unchangedWritten, now);
      return { name, memory, decisions };
    });
    const rows = due.flatMap(({ name: { appId, service }, memory: { fence }, decisions }) =>
      decisions.map((decision) => ({ appId, service, fence, decision })),
    );
    if (rows.length === 0) return;
    await this.parts.record.unchanged(rows);
    for (const { memory, decisions } of due.filter((each) => each.decisions.length > 0)) {
      memory.unchanged = written(memory.unchanged, decisions);
      memory.unchangedWritten = now;
    }
  }
}

const keptOf = ({ fence, state, asking }: Memory) => ({ fence, kept: { state, asking } });

const valueOf = (figure: OutsideFigure | undefined): number | undefined =>
  figure === undefined || 'missing' in figure ? undefined : figure.value;

const whyMissing = (target: 'kafkaLag' | 'prometheus', figure: OutsideFigure | undefined): object =>
  figure !== undefined && 'missing' in figure ? { [target]: figure.missing } : {};

function named(key: string): ServiceName {
  const [appId = '', service = ''] = key.split('/');
  return { appId, service };
}

/** The record that is full, if one is; the next one begins. */
function recordedNow(memory: Memory, now: number): readonly Recorded[] {
  const { at, parts } = memory.recording;
  const next = beginningOf(now, FINE_SECONDS);
  if (next === at) return [];
  memory.recording = { at: next, parts: [] };
  return [recordOf(parts, at, FINE_SECONDS)].filter((recorded) => recorded !== undefined);
}
