import { shareOf } from './domain/share.js';
import type { Leases, Watching } from './ports.js';

/** How long a node stays with a replica that does not renew. A killed one is missed for so long. */
export const LEASE_MS = 2_500;
/** With a new connection and a second to measure, there are figures again within 5 s of the end of a replica. */
export const RENEW_MS = 500;
/**
 * A replica that cannot renew goes on watching for so long after its lease has lapsed: databases that restart, or whose
 * standby takes over, are back by then. Its figures do no harm meanwhile, as readers drop those of a lower fence. It
 * must end some time: a replica that alone lost the database would ask nodes for ever that others watch.
 */
export const WATCH_ON_MS = 60_000;

interface LeaseKeeperParts {
  readonly leases: Leases;
  readonly watching: Watching;
  readonly holder: string;
  /** Of a timer that nobody sets, by which a lease is at least as long in the database as here. */
  monotonicMs(): number;
  /** The database did not answer, for the first time since it did. */
  onAway(error: unknown): void;
  onBack(): void;
  /** A node that was removed could not be forgotten; that is tried again. */
  onNotForgotten(error: unknown): void;
}

/** Holds this replica's share of the nodes. */
export class LeaseKeeper {
  /** When the last renewal that was answered was asked for. */
  private renewedMs = -Infinity;
  private isAway = false;
  private isEnded = false;
  private forgetting: Promise<void> | undefined;

  constructor(private readonly parts: LeaseKeeperParts) {}

  /** Whether the leases that it held last are its own for certain: nothing that decides is written without. */
  get isValid(): boolean {
    return !this.isEnded && this.parts.monotonicMs() < this.renewedMs + LEASE_MS;
  }

  /** Every `RENEW_MS`, one after another. */
  async renew(): Promise<void> {
    const { onAway, onBack } = this.parts;
    try {
      await this.renewOnce();
      if (this.isAway) onBack();
      this.isAway = false;
    } catch (error) {
      if (!this.isAway) onAway(error);
      this.isAway = true;
      if (this.parts.monotonicMs() > this.renewedMs + LEASE_MS + WATCH_ON_MS) this.parts.watching.hold([]);
    }
  }

  /** Lets others have the nodes at once. */
  async end(): Promise<void> {
    this.isEnded = true;
    this.parts.watching.hold([]);
    await this.parts.leases.end();
  }

  private async renewOnce(): Promise<void> {
    const { leases, watching, holder } = this.parts;
    const askedMs = this.parts.monotonicMs();
    const renewal = await leases.renew();
    if (this.isEnded) return;
    const isSteady = askedMs < this.renewedMs + LEASE_MS;
    this.renewedMs = askedMs;
    const { take, give, forget } = shareOf(renewal, holder, { isSteady });
    const given = new Set(give);
    watching.hold(renewal.held.filter(({ node }) => !given.has(node)));
    if (give.length > 0) await leases.give(give);
    if (forget.length > 0)
      this.forgetting ??= this.forget(forget).finally(() => (this.forgetting = undefined));
    // What was taken is held with the next renewal, which reads its fence and the verdict of whoever held it before.
    if (take.length > 0 && (await leases.take(take)).length > 0) await this.renewOnce();
  }

  /** Beside the renewals: brokers that are away take longer than a lease. */
  private async forget(nodes: readonly string[]): Promise<void> {
    const { leases, watching, onNotForgotten } = this.parts;
    try {
      for (const node of nodes) await watching.removed(node);
      await leases.forget(nodes);
    } catch (error) {
      onNotForgotten(error);
    }
  }
}
