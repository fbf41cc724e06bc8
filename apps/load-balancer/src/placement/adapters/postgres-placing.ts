import type { NodeRequest } from '#libs/contracts';
import { together, type Transaction } from '#libs/postgres';
import { readNodeLogin } from '#libs/registry-client';
import { SealError } from '#libs/secrets';
import { type KnownOfService, type Place, type Placement, serviceKey, type Wish } from '../domain/place.js';
import type { Hold } from '../domain/waiting-line.js';
import type { LinePlacing, NodeAccess, Standing } from '../ports.js';
import { readStanding } from './waiting-rows.js';
import { type FleetView, takenOf } from './fleet-view.js';
import {
  imageShares,
  liveReservation,
  lockNode,
  lockOneOf,
  lockToken,
  nodeVersions,
  portHandedOut,
  recentFailures,
  releaseExpired,
  reserve,
} from './reservations.js';
import { accessOf } from './node-access.js';
import type { SealedLogins } from './sealed-logins.js';

/** Reservations in the load balancer's schema, nodes from the registry. */
export class PostgresPlacing implements LinePlacing {
  private known: KnownOfService = {};
  hold: Hold | undefined;
  standing: Standing = 'free';

  constructor(
    private readonly tx: Transaction,
    private readonly logins: SealedLogins,
    private readonly view: FleetView,
  ) {}

  async kept(request: NodeRequest): Promise<Place | undefined> {
    const { tx } = this;
    const { accessToken } = request;
    const [, kept, { standing, hold }] = await together(
      // First: what follows is read when another answer to it is given.
      lockToken(tx, accessToken),
      liveReservation(tx, accessToken),
      readStanding(tx, request),
      this.about(request),
      this.view.refresh(tx),
    );
    this.standing = standing;
    this.hold = hold;
    return kept;
  }

  async about(request: NodeRequest): Promise<void> {
    const { tx } = this;
    const [failures, shares] = await together(recentFailures(tx, request), imageShares(tx, request));
    this.known = { failures, imageShares: shares };
  }

  decide(wish: Wish): Placement {
    return this.view.fleet.place(wish, this.known);
  }

  async claim(wish: Wish, places: readonly Place[]): Promise<Place | undefined> {
    const { tx, view } = this;
    const names = places.map(({ node }) => node);
    const [, at, versions] = await together(
      tx.query('SAVEPOINT claimed'),
      lockOneOf(tx, names),
      nodeVersions(tx, { names }),
    );
    const place = places[at ?? 0];
    if (place === undefined) throw new RangeError('expected a place to claim');
    const [, now] = at === undefined ? await this.lockAndRead(place.node) : [undefined, versions];
    const version = now.find(({ node }) => node === place.node)?.version ?? 0;
    if (version !== view.versionOf(place.node)) await view.renewNode(tx, place.node);
    // Not the place that was decided on: what is known may have become newer since.
    const renewed = view.fleet.placeOn(place.node, wish, this.known);
    // Gives the lock back: who holds one waits for no other.
    if (renewed === undefined) await tx.query('ROLLBACK TO SAVEPOINT claimed');
    return renewed;
  }

  refresh(): Promise<void> {
    return this.view.refresh(this.tx);
  }

  closest(wish: Wish, kept: string | undefined): string | undefined {
    return this.view.fleet.closest(wish, kept);
  }

  renew(): Promise<void> {
    return this.view.renew(this.tx);
  }

  async accessTo(name: string): Promise<NodeAccess | undefined> {
    const enrolled = await readNodeLogin(this.tx, name);
    if (enrolled === undefined) return undefined;
    try {
      return accessOf(enrolled.node, await this.logins.of(name, enrolled.loginEncrypted));
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }

  async reserve(request: NodeRequest, place: Place): Promise<void> {
    const { tx, view } = this;
    const { appId, service, resources } = request;
    // Before it is committed: what this replica decides meanwhile counts with it.
    view.fleet.take(place.node, takenOf(serviceKey(appId, service), resources, place));
    await together(releaseExpired(tx, place.node), reserve(tx, request, place), portHandedOut(tx, place));
  }

  private lockAndRead(node: string) {
    return together(lockNode(this.tx, node), nodeVersions(this.tx, { names: [node] }));
  }
}
