import type { HostLeases } from './ports.js';

interface HoldHostsParts {
  readonly leases: HostLeases;
  readonly leaseMs: number;
  /** Of a timer that nobody sets, by which a lease is at least as long in the database as here. */
  monotonicMs(): number;
  /** The leases could not be renewed, for the first time since they were. */
  onAway(error: unknown): void;
}

/**
 * Holds the hosts whose seconds this replica reads. Whoever reads a host's seconds decides for it, once the replica before
 * has let go of it, or is gone for as long as a lease.
 */
export class HoldHosts {
  private readonly wanted = new Set<string>();
  private readonly lost = new Set<string>();
  private held: ReadonlyMap<string, number> = new Map();
  private renewedMs = -Infinity;
  private isAway = false;

  constructor(private readonly parts: HoldHostsParts) {}

  /** A second of the host came to this replica. */
  seen(host: string): void {
    this.wanted.add(host);
    this.lost.delete(host);
  }

  /** Its seconds go to another replica from now on. */
  forget(host: string): void {
    if (this.wanted.delete(host)) this.lost.add(host);
  }

  /** The fence of the lease; undefined where this replica does not hold it for certain. */
  fenceOf(host: string): number | undefined {
    const { leaseMs, monotonicMs } = this.parts;
    const isValid = monotonicMs() < this.renewedMs + leaseMs && this.wanted.has(host);
    return isValid ? this.held.get(host) : undefined;
  }

  hosts(): readonly string[] {
    return [...this.held.keys()].filter((host) => this.fenceOf(host) !== undefined);
  }

  /** To be called about twice a second. */
  async renew(): Promise<void> {
    const { leases, monotonicMs, onAway } = this.parts;
    const lost = [...this.lost];
    try {
      await leases.release(lost);
      lost.forEach((host) => this.lost.delete(host));
      const askedMs = monotonicMs();
      const held = await leases.hold([...this.wanted].toSorted());
      this.held = new Map(held.map(({ host, fence }) => [host, fence]));
      this.renewedMs = askedMs;
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) onAway(error);
      this.isAway = true;
    }
  }

  /** Lets others have all hosts at once. */
  async end(): Promise<void> {
    const hosts = [...this.wanted, ...this.lost];
    this.wanted.clear();
    await this.parts.leases.release(hosts);
  }
}
