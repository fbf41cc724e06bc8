import type { Steering } from '../data-plane/domain/steering.js';
import type { Wanted, WantedService } from '../data-plane/domain/wanted.js';
import type { DataPlane, SteeredPlane } from '../data-plane/ports.js';
import {
  type Balanced,
  balanced,
  type BalancedService,
  type BalancingEvent,
  newcomer,
} from './domain/balance.js';
import type { BalancingSettings } from './domain/standing.js';
import { isSameSteering, steeringOf } from './domain/steering-of.js';
import type { Overrides, ResponseTimeSource, Scores } from './ports.js';

interface BalanceTrafficParts {
  readonly plane: DataPlane & SteeredPlane;
  readonly scores: Scores;
  readonly overrides: Overrides;
  readonly times: ResponseTimeSource;
  readonly settings: BalancingSettings;
  readonly onEvent: (event: BalancingEvent) => void;
  /** So many requests of an instance were given to others. */
  readonly onRescued: (instance: string, requests: number) => void;
  readonly monotonicMs: () => number;
}

/** Steers what is carried by how it does. To whoever says what is wanted, it is the data plane. */
export class BalanceTraffic implements DataPlane {
  private services: ReadonlyMap<string, BalancedService> = new Map();
  /** What the plane was told last. */
  private readonly steering = new Map<string, Steering>();

  constructor(private readonly parts: BalanceTrafficParts) {}

  /** Those that are wanted, by their ids. */
  get current(): ReadonlyMap<string, BalancedService> {
    return this.services;
  }

  async apply(wanted: Wanted): Promise<void> {
    const { plane, settings, monotonicMs } = this.parts;
    const nowMs = monotonicMs();
    this.services = new Map(
      wanted.services.map((service) => [
        service.id,
        followed(this.services.get(service.id), service, { nowMs, settings }),
      ]),
    );
    await this.steer();
    await plane.apply(wanted);
  }

  busy(names: readonly string[]): Promise<readonly string[]> {
    return this.parts.plane.busy(names);
  }

  /** Looks at the figures of all instances, and steers by them; to be called once or twice a second. */
  async look(): Promise<void> {
    const { plane, scores, overrides, times, settings, onEvent, monotonicMs } = this.parts;
    const figures = new Map((await plane.figures()).map((one) => [one.name, one]));
    const seen = {
      ...{ nowMs: monotonicMs(), figures, times: times.take() },
      ...{ scores: scores.current(), overrides: overrides.current() },
    };
    const events: BalancingEvent[] = [];
    this.services = new Map(
      [...this.services].map(([id, service]) => {
        const next = balanced(service, seen, settings);
        events.push(...next.events);
        return [id, next.service];
      }),
    );
    events.forEach(onEvent);
    await this.steer();
    if (events.some(({ kind }) => kind === 'retries-off' || kind === 'retries-on'))
      await plane.withoutRetries(unretriedOf(this.services));
    await this.rescue(events);
  }

  private async steer(): Promise<void> {
    const all = new Map(
      [...this.services.values()].flatMap(({ profile, instances }) =>
        instances.map((one) => [one.name, steeringOf(one, profile)] as const),
      ),
    );
    const changed = new Map([...all].filter(([name, now]) => !isSameSteering(this.steering.get(name), now)));
    for (const name of this.steering.keys()) if (!all.has(name)) this.steering.delete(name);
    if (changed.size === 0) return;
    for (const [name, now] of changed) this.steering.set(name, now);
    await this.parts.plane.steer(changed);
  }

  /** Its clients would wait for the end of a timeout, for an answer that others have. */
  private async rescue(events: readonly BalancingEvent[]): Promise<void> {
    for (const event of events) {
      if (event.kind !== 'ejected' || event.fault !== 'stalled') continue;
      this.parts.onRescued(event.instance, await this.parts.plane.rescue(event.instance));
    }
  }
}

const unretriedOf = (services: ReadonlyMap<string, BalancedService>): ReadonlySet<string> =>
  new Set([...services.values()].filter(({ retries }) => !retries).map(({ id }) => id));

/** A service as it is wanted now: instances that stay keep what is known of them. */
function followed(
  before: BalancedService | undefined,
  { id, profile, servers, balancing, canary }: WantedService,
  { nowMs, settings }: { readonly nowMs: number; readonly settings: BalancingSettings },
): BalancedService {
  const known = new Map((before?.instances ?? []).map((one) => [one.name, one]));
  const isFirst = known.size === 0;
  const instances = servers.map(({ name, state, release }): Balanced => {
    const one = known.get(name) ?? {
      ...newcomer(name, nowMs, isFirst),
      ...(release !== undefined && { release }),
    };
    return one.isWanted === (state === 'ready') ? one : { ...one, isWanted: state === 'ready' };
  });
  return {
    ...{ id, profile, instances, retries: before?.retries ?? true },
    ...(canary && { canary: { release: canary.release, percent: canary.percent } }),
    ejects: balancing?.ejects ?? true,
    slowStartMs: balancing?.slowStartMs ?? settings.slowStartMs,
  };
}
