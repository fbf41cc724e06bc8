import type { NodeRequest } from '#libs/contracts';
import type { Shortage } from '../domain/fleet.js';
import { type KnownOfService, type Place, type Placement, serviceKey, type Wish } from '../domain/place.js';
import {
  choosePreemption,
  type Evictable,
  type Preemption,
  type PreemptingWish,
  takenBy,
} from '../domain/preemption.js';
import { heldFrom, type Hold } from '../domain/waiting-line.js';
import type { Claimed, LinePlacing, NodeAccess, Standing } from '../ports.js';
import type { Claim } from './fleet-view.js';
import type { PlacingBatch } from './placing-batch.js';

/** The placing of one request of a batch, or of one after another along the line. */
export class PostgresPlacing implements LinePlacing {
  isBusy = false;
  hold: Hold | undefined;
  standing: Standing = 'free';
  private known: KnownOfService = {};
  accessToken = '';
  private decided: Placement | undefined;
  /** What is taken in memory for it. */
  private claimed: Claim | undefined;
  private isRenewed = false;

  constructor(private readonly batch: PlacingBatch) {}

  async kept(request: NodeRequest): Promise<Place | undefined> {
    const { kept, standing, hold, known } = await this.batch.kept(request);
    this.accessToken = request.accessToken;
    this.standing = standing;
    this.hold = hold;
    this.known = known;
    return kept;
  }

  async about(request: NodeRequest): Promise<void> {
    this.accessToken = request.accessToken;
    this.known = await this.batch.about(request);
  }

  decide(asked: Wish): Placement {
    const { view, evicting } = this.batch;
    this.giveBack();
    const kept = heldFrom(this, evicting);
    const wish = kept.length === 0 ? asked : { ...asked, heldNodes: [...(asked.heldNodes ?? []), ...kept] };
    const decided = this.passingOverBusy(wish);
    const { appId, service, resources } = wish;
    const { place } = decided;
    // Its port comes once it is granted: the ports of a node are handed out in turn, and none is passed over.
    if (place !== undefined)
      this.claimed = view.take(place.node, { ...resources, service: serviceKey(appId, service) });
    this.decided = decided;
    return decided;
  }

  async claim(wish: Wish): Promise<Claimed | undefined> {
    const { accessToken, claimed, decided, known } = this;
    if (claimed === undefined || decided === undefined) throw new RangeError('expected a place to claim');
    this.claimed = undefined;
    const mustWait = this.isRenewed;
    const granted = await this.batch.claim({ accessToken, wish, known, decided, claim: claimed, mustWait });
    if (granted === 'busy' || granted === 'full') return undefined;
    this.claimed = granted.claim;
    return granted;
  }

  refresh(): Promise<void> {
    return this.batch.refresh();
  }

  closest(wish: Wish, kept: string | undefined): string | undefined {
    return this.batch.view.fleet.closest(wish, kept);
  }

  lock(node: string): Promise<boolean> {
    return this.batch.tryToLock(node);
  }

  hasRoom(wish: Wish): boolean {
    return this.batch.view.fleet.place(wish, this.known).place !== undefined;
  }

  shortages(wish: Wish): readonly Shortage[] {
    return this.batch.view.fleet.shortages(wish);
  }

  preemption(wish: PreemptingWish, evictable: readonly Evictable[]): Preemption | undefined {
    return choosePreemption(this.batch.view.fleet, wish, evictable, this.known);
  }

  fitsWithout(wish: Wish, node: string, leaving: readonly Evictable[]): boolean {
    return this.batch.view.fleet.placeWithout(node, leaving.map(takenBy), wish) !== undefined;
  }

  /** From then on nodes that others are using count as well: they may be the only ones that fit. */
  async renew(): Promise<void> {
    await this.batch.renew(undefined);
    this.isRenewed = this.batch.mode !== 'line';
  }

  accessTo(name: string): Promise<NodeAccess | undefined> {
    return this.batch.accessTo(name);
  }

  async reserve(request: NodeRequest, place: Place): Promise<void> {
    const { claimed } = this;
    if (claimed === undefined) throw new RangeError('expected a place that was claimed');
    this.claimed = undefined;
    await this.batch.reserve({ request, place, claim: claimed });
  }

  private giveBack(): void {
    if (this.claimed !== undefined) this.batch.giveBack(this.claimed);
    this.claimed = undefined;
  }

  /** Nodes that others hold are passed over, but for the reasons where none of them would fit either. */
  private passingOverBusy(wish: Wish): Placement {
    const { view, busy } = this.batch;
    const anywhere = (): Placement => view.fleet.place(wish, this.known);
    this.isBusy = false;
    if (this.isRenewed || busy.size === 0) return anywhere();
    const decided = view.fleet.place({ ...wish, busyNodes: busy }, this.known);
    if (decided.place !== undefined) return decided;
    const withBusy = anywhere();
    this.isBusy = withBusy.place !== undefined;
    return this.isBusy ? decided : withBusy;
  }
}
