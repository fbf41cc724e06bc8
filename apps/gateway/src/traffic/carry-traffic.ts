import type { DataPlane } from '../data-plane/ports.js';
import { changed, drainingOf, type Picture, pictureOf } from './domain/picture.js';
import { hostsOf, wantedOf } from './domain/wanted-of.js';
import type { Addresses, CarrierLease, TrafficSource } from './ports.js';

interface CarryTrafficParts {
  readonly source: TrafficSource;
  readonly plane: DataPlane;
  readonly lease: CarrierLease;
  readonly addresses: Addresses;
  readonly domain: string;
  /** Answers of services may be kept. */
  readonly hasCache: boolean;
  /** A revision is carried, so many milliseconds after it was read. */
  readonly onApplied: (ms: number) => void;
  readonly onLapsed: () => void;
  /** Routes that cannot be carried, each with what was expected; once for all that are wrong at a time. */
  readonly onLeftOut: (problems: readonly string[]) => void;
  readonly monotonicMs: () => number;
}

/** Has the data plane carry what the registry says, and says which revision it carries. */
export class CarryTraffic {
  private picture: Picture | undefined;
  /** The last revision that was read is carried. */
  private isCarried = false;
  private isLapsed = false;
  private hasBusy = false;
  private hasEverCarried = false;
  private leftOut = '';
  private turn: Promise<unknown> = Promise.resolve();

  constructor(private readonly parts: CarryTrafficParts) {}

  async start(): Promise<void> {
    const { lease, source } = this.parts;
    // First the lease, then the snapshot: so either a drain waits for this gateway, or the snapshot shows it.
    await lease.register();
    await source.start({
      onSnapshot: (revision, services, instances) => this.carry(pictureOf(revision, services, instances)),
      onChanges: async (revision, changes) => {
        if (this.picture !== undefined) await this.carry(changed(this.picture, revision, changes));
      },
    });
  }

  /** What runs is known: something that it said has been carried. */
  get isKnown(): boolean {
    return this.hasEverCarried;
  }

  /**
   * To be called several times within the length of a lease. It lapses while the data plane does not take what is wanted:
   * whoever drains an instance should not wait for that.
   */
  async renew(): Promise<void> {
    const { lease, source, onLapsed } = this.parts;
    if (!this.isLapsed && !this.isCarried) return;
    if (!this.isLapsed && (await lease.renew())) return;
    onLapsed();
    await lease.register();
    this.isLapsed = false;
    try {
      await source.restart();
    } catch (error) {
      // Nothing is followed any more: it is begun again at the next renewal.
      this.isLapsed = true;
      throw error;
    }
  }

  /** Says which instances that drain have no more requests in flight; to be called often. */
  async lookAtBusy(): Promise<void> {
    if (this.hasBusy) await this.inTurn(() => this.sayApplied());
  }

  async stop(): Promise<void> {
    await this.parts.source.stop();
  }

  private carry(picture: Picture): Promise<void> {
    return this.inTurn(() => this.carryNow(picture));
  }

  /** What is said of an earlier picture must not come after what is said of a later one. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async carryNow(picture: Picture): Promise<void> {
    const { plane, addresses, domain, hasCache, onApplied, monotonicMs } = this.parts;
    const begunMs = monotonicMs();
    this.picture = picture;
    this.isCarried = false;
    const found = await addresses.of(hostsOf(picture));
    const { wanted, leftOut } = wantedOf(picture, { domain, hasCache, addresses: found });
    await plane.apply(wanted);
    this.sayLeftOut(leftOut);
    this.isCarried = this.hasEverCarried = true;
    onApplied(monotonicMs() - begunMs);
    await this.sayApplied();
  }

  private sayLeftOut(problems: readonly string[]): void {
    const said = problems.join('; ');
    if (said !== this.leftOut && problems.length > 0) this.parts.onLeftOut(problems);
    this.leftOut = said;
  }

  private async sayApplied(): Promise<void> {
    const { plane, lease } = this.parts;
    const { picture } = this;
    if (picture === undefined || !this.isCarried) return;
    const busy = await plane.busy(drainingOf(picture));
    this.hasBusy = busy.length > 0;
    if (!(await lease.applied(picture.revision, busy))) this.isLapsed = true;
  }
}
