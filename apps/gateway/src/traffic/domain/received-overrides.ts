import type { FeedOverride } from '#libs/contracts';

/** A weight that an operator has set, and when it ends by the clock of the call. */
export interface HeldOverride {
  readonly weight: number;
  readonly untilMs?: number;
}

/** The weights that operators have set. They hold while the load balancer is away, and end by themselves. */
export class ReceivedOverrides {
  private held: ReadonlyMap<string, HeldOverride> = new Map();

  /** All of them. */
  take(overrides: readonly FeedOverride[], nowMs: number): void {
    this.held = new Map(
      overrides.map(({ instance, weight, forMs }) => [
        instance,
        { weight, ...(forMs !== undefined && { untilMs: nowMs + forMs }) },
      ]),
    );
  }

  /** By the names of instances. */
  current(nowMs: number): ReadonlyMap<string, HeldOverride> {
    if ([...this.held.values()].some(({ untilMs = Infinity }) => untilMs <= nowMs))
      this.held = new Map([...this.held].filter(([, { untilMs = Infinity }]) => untilMs > nowMs));
    return this.held;
  }
}
