import type { InstanceFigures, Traffic } from './domain/figures.js';
import { T0 } from './domain/scaling.testing.js';
import { keyOf, ScaleServices } from './scale-services.js';
import { SAME_MS, type Unchanged } from './domain/unchanged.js';
import type { HeldService, Kept, OutsideFigure, ScaledService, ScalingChange, ServiceName } from './ports.js';

const LEASE_MS = 5_000;

/** What replicas share: leases, decisions, and what there is to be. The deployer of it starts what is asked for at once. */
export class SharedWorld {
  now = T0;
  services: ScaledService[] = [];
  traffic = new Map<string, Traffic>();
  use = new Map<string, InstanceFigures>();
  readonly changes: ScalingChange[] = [];
  readonly leases = new Map<string, { holder: string; fence: number; until: number; kept?: Kept }>();
  /** Called before a change is written. */
  beforeChange: () => void = () => undefined;
  isRegistryAway = false;
  outside: OutsideFigure = { missing: 'not asked' };
  /** What was written of decisions that changed nothing, by service, reason and beginning. */
  readonly unchanged = new Map<string, HeldService & { readonly decision: Unchanged }>();
  /** By token. */
  readonly answers = new Map<string, boolean>();
  private fences = 0;

  /** So many instances run, and as many there are to be. */
  runs(service: ScaledService, count: number): void {
    const running = Array.from({ length: count }, (_, index) => `${service.service}-${index}`);
    this.services = [
      ...this.services.filter((other) => keyOf(other) !== keyOf(service)),
      { ...service, wanted: count, running },
    ];
  }

  /** As the deployer does with the last request. */
  obey(): void {
    const last = this.changes.at(-1);
    const service = this.services.find((each) => last !== undefined && keyOf(each) === keyOf(last));
    if (last !== undefined && service !== undefined) this.runs(service, last.explanation.count);
  }

  private isHeld(holder: string, { fence, ...of }: HeldService): boolean {
    const lease = this.leases.get(keyOf(of));
    return lease?.holder === holder && lease.fence === fence && lease.until > this.now;
  }

  replica(holder: string): ScaleServices {
    let tokens = 0;
    return new ScaleServices({
      services: {
        read: () =>
          this.isRegistryAway ? Promise.reject(new Error('no registry')) : Promise.resolve(this.services),
      },
      leases: {
        hold: (services) => Promise.resolve(services.flatMap((service) => this.hold(holder, service))),
        kept: (of) => Promise.resolve(this.leases.get(keyOf(of))?.kept),
        keep: (kept) => Promise.resolve(kept.forEach((each) => this.keep(holder, each))),
        answers: () => Promise.resolve(this.answers),
        end: () => Promise.resolve(),
      },
      figures: {
        instance: (name) => this.use.get(name),
        traffic: (of) => this.traffic.get(keyOf(of)),
      },
      outside: { kafkaLag: () => this.outside, prometheus: () => this.outside },
      forecasts: { expected: () => undefined },
      record: {
        change: (change) => {
          this.beforeChange();
          if (!this.isHeld(holder, change)) return Promise.resolve(false);
          this.keep(holder, change);
          this.changes.push(change);
          return Promise.resolve(true);
        },
        unchanged: (decisions) => {
          for (const one of decisions)
            this.unchanged.set(`${keyOf(one)} ${one.decision.reason} ${one.decision.since}`, one);
          return Promise.resolve();
        },
        goingOn: (of, now) =>
          Promise.resolve(
            [...this.unchanged.values()]
              .filter((one) => keyOf(one) === keyOf(of) && now - one.decision.until < SAME_MS)
              .map(({ decision }) => ({ ...decision, isUnwritten: false })),
          ),
        figures: () => Promise.resolve(),
      },
      now: () => this.now,
      newToken: () => `${holder}-${(tokens += 1)}`,
      onChanged: () => undefined,
      onFailed: (_, error) => {
        throw error;
      },
    });
  }

  private hold(holder: string, { appId, service }: ServiceName): HeldService[] {
    const key = keyOf({ appId, service });
    const lease = this.leases.get(key);
    const isFree = lease === undefined || lease.until <= this.now;
    if (!isFree && lease.holder !== holder) return [];
    const fence = isFree && lease?.holder !== holder ? (this.fences += 1) : (lease?.fence ?? 0);
    this.leases.set(key, { ...lease, holder, fence, until: this.now + LEASE_MS });
    return [{ appId, service, fence }];
  }

  private keep(holder: string, { kept, ...of }: HeldService & { readonly kept: Kept }): void {
    const lease = this.leases.get(keyOf(of));
    if (this.isHeld(holder, of) && lease !== undefined) this.leases.set(keyOf(of), { ...lease, kept });
  }
}
