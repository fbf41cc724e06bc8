import type { Traffic } from './domain/figures.js';

/** A gateway that is late by so much says the same a moment later; HPA scales by figures that are up to 15 s old. */
const RECENT_MS = 10_000;

interface RecentTrafficParts {
  /** By service, of gateways that are heard of. */
  readonly current: () => ReadonlyMap<string, Traffic>;
  /** Of a timer that nobody sets. */
  readonly monotonicMs: () => number;
}

/** What gateways said last of services. Under a load that fills the machine they are late, and just then it counts. */
export class RecentTraffic {
  private readonly last = new Map<string, { readonly traffic: Traffic; readonly at: number }>();

  constructor(private readonly parts: RecentTrafficParts) {}

  /** By `<appId>/<service>`; undefined of what nobody has said anything of for 10 s. */
  of(service: string): Traffic | undefined {
    const now = this.parts.monotonicMs();
    const traffic = this.parts.current().get(service);
    if (traffic !== undefined) {
      this.last.set(service, { traffic, at: now });
      return traffic;
    }
    const last = this.last.get(service);
    if (last !== undefined && now - last.at < RECENT_MS) return last.traffic;
    this.last.delete(service);
    return undefined;
  }
}
