import type { NodeRequest } from '#libs/contracts';
import { together, type Transaction } from '#libs/postgres';
import { type NodeLogin, readNodeLogins } from '#libs/registry-client';
import { SealError } from '#libs/secrets';
import type { KnownOfService, Placement, Wish } from '../domain/place.js';
import { heldFrom, type Hold, type WaitingRequest } from '../domain/waiting-line.js';
import type { Claimed, Line, NodeAccess } from '../ports.js';
import { type Claim, type FleetView, takenOf } from './fleet-view.js';
import { nodeVersions } from './fleet-rows.js';
import { joined } from './joined.js';
import { knownOfServices } from './known-of-services.js';
import { lockFreeNodes, lockLine, lockNode, lockOutWhoLocksAll, lockTokens, tryToLockLine } from './locks.js';
import { accessOf } from './node-access.js';
import { liveReservations, portsHandedOut, releaseExpired, reserve, type Reserved } from './reservations.js';
import type { SealedLogins } from './sealed-logins.js';
import { evictingHold, joinLine, type Joining, readStandings } from './waiting-rows.js';

/** So many times nodes are passed over that others are using, before one is waited for. */
const TRIES = 3;

/** Others hold a lock that must not be waited for here: the transaction is rolled back, and each message handled alone. */
export class NotTogetherError extends Error {
  readonly code = 'NOT_TOGETHER';
  readonly kind = 'retriable';

  constructor(why: string) {
    super(`Must be handled alone: ${why}.`);
    this.name = 'NotTogetherError';
  }
}

/**
 * Who places: `one` request in its transaction, `several`, or who serves the `line`.
 *
 * Locks have an order: access tokens, the line, nodes. Nobody waits for a lock while holding a later one, nor for a node
 * while holding another. So no circle of waits can close (Havender, "Avoiding deadlock in multitasking systems", 1968).
 * Where that forbids to wait, a lock is only tried:
 * - `one` gives its nodes back before it waits for another one, or for the line. Nothing is written before.
 * - `several` keep what they have. Where a lock is not to be had, the transaction is rolled back (`NotTogetherError`).
 * - `line` waits for none of them: it passes over requests whose token or nodes others hold, and comes again soon.
 *
 * Rows come after these locks. Who serves the line may wait for a row that a release deletes. A release alone holds no
 * lock, and several wait for no row (`release`).
 */
export type PlacingMode = 'one' | 'several' | 'line';

interface PlacingBatchParts {
  readonly tx: Transaction;
  readonly logins: SealedLogins;
  readonly view: FleetView;
  readonly mode: PlacingMode;
  /** How many requests may wait for room; 0: none. */
  readonly mostWaiting: number;
}

interface Asked {
  readonly accessToken: string;
  readonly wish: Wish;
  readonly known: KnownOfService;
  readonly decided: Placement;
  readonly claim: Claim;
  readonly mustWait: boolean;
}

/** A place that is the caller's until the transaction ends; none where the node is full by now; or another has its lock. */
type Granted = (Claimed & { readonly claim: Claim }) | 'full' | 'busy';

/**
 * Places several requests in one transaction: reservations in the load balancer's schema, nodes from the registry.
 * What they ask at once is asked of the database together. Each decides with what those before it have taken in memory.
 */
export class PlacingBatch implements Line {
  /** Nodes whose lock this transaction has: nobody else takes room there. What the view knows of them is up to date. */
  private readonly held = new Set<string>();
  readonly busy = new Set<string>();
  /** Where others are being stopped, for whom; as it was when the last node was locked. */
  evicting: Hold | undefined;
  /** What its requests have got; the locks of these nodes are not given back. */
  private readonly granted = new Set<Claim>();
  private tries = 0;
  /** Locks of nodes were asked for. */
  private hasBegun = false;
  private hasLine = false;

  constructor(private readonly parts: PlacingBatchParts) {}

  get view(): FleetView {
    return this.parts.view;
  }

  get mode(): PlacingMode {
    return this.parts.mode;
  }

  readonly kept = joined(async (requests: readonly NodeRequest[]) => {
    const { tx, view } = this.parts;
    const tokens = requests.map(({ accessToken }) => accessToken);
    const [, kept, standings, known] = await together(
      // First: what follows is read when other answers to them are given.
      lockTokens(tx, tokens),
      liveReservations(tx, tokens),
      readStandings(tx, requests),
      knownOfServices(tx, requests),
      view.refresh(tx),
    );
    return tokens.map((token, at) => ({ kept: kept.get(token), ...standings[at]!, known: known[at]! }));
  });

  readonly about = joined((requests: readonly NodeRequest[]) => knownOfServices(this.parts.tx, requests));

  readonly renew = joined(async (asked: readonly undefined[]) => {
    await this.view.renew(this.parts.tx);
    return asked;
  });

  refresh(): Promise<void> {
    return this.view.refresh(this.parts.tx);
  }

  readonly accessTo = joined(async (names: readonly string[]) => {
    const logins = await readNodeLogins(this.parts.tx, [...new Set(names)]);
    const byName = new Map(logins.map((login) => [login.node.name, login]));
    return Promise.all(names.map((name) => this.opened(byName.get(name))));
  });

  readonly claim = joined(async (asked: readonly Asked[]) => {
    const unlocked = new Set(asked.map(({ claim }) => claim.node).filter((name) => !this.held.has(name)));
    if (unlocked.size > 0) await this.lock([...unlocked], asked);
    return asked.map((one) => this.grant(one));
  });

  readonly reserve = joined(async (asked: readonly (Reserved & { readonly claim: Claim })[]) => {
    const { tx, view } = this.parts;
    const nodes = [...new Set(asked.map(({ place }) => place.node))];
    const written = together(releaseExpired(tx, nodes), reserve(tx, asked), portsHandedOut(tx, asked));
    for (const { claim } of asked) view.isSent(claim);
    await written;
    return asked;
  });

  private readonly joinTogether = joined(async (joining: readonly Joining[]) => {
    await this.lockLine();
    const { tx, mostWaiting } = this.parts;
    const waiting = await joinLine(tx, joining, mostWaiting);
    return joining.map(({ request }) => waiting.get(request.accessToken));
  });

  async join(request: NodeRequest, announced: boolean): Promise<WaitingRequest | undefined> {
    if (request.waitUntil === undefined || this.parts.mostWaiting === 0) return undefined;
    return this.joinTogether({ request, announced });
  }

  giveBack(claim: Claim): void {
    this.view.giveBack(claim);
    this.granted.delete(claim);
  }

  /** Statements of a transaction are done in turn: where no lock of a node was asked for yet, none is held then. */
  private async lockLine(): Promise<void> {
    const { tx, mode } = this.parts;
    if (this.hasLine) return;
    if (!this.hasBegun) await lockLine(tx);
    else if (mode === 'one') await together(this.giveNodesBack(), lockLine(tx));
    else if (!(await tryToLockLine(tx))) throw new NotTogetherError('others join the line, or serve it');
    this.hasLine = true;
  }

  private async giveNodesBack(): Promise<void> {
    if (this.granted.size > 0) throw new RangeError('expected nothing to be granted');
    this.held.clear();
    await this.parts.tx.query('ROLLBACK TO SAVEPOINT no_nodes');
  }

  private async lock(names: readonly string[], asked: readonly Asked[]): Promise<void> {
    const { held } = this;
    const { tx, view, mode } = this.parts;
    const [, locked, versions, evicting] = await together(
      this.begun(),
      lockFreeNodes(tx, names),
      nodeVersions(tx, { names }),
      evictingHold(tx),
    );
    this.evicting = evicting;
    let [mine, current] = [[...locked], versions];
    for (const name of names) if (!locked.has(name)) this.busy.add(name);
    this.tries += 1;
    const waiting = asked.find(({ mustWait }) => mustWait) ?? (this.tries < TRIES ? undefined : asked[0]);
    const mayWait = mode !== 'line' && (held.size === 0 || (mode === 'one' && this.granted.size === 0));
    if (mine.length === 0 && mayWait && waiting !== undefined) {
      mine = [waiting.claim.node];
      current = await this.waitFor(waiting.claim.node);
    }
    const versionOf = new Map(current.map(({ node, version }) => [node, version]));
    const stale = mine.filter((name) => (versionOf.get(name) ?? 0) !== view.versionOf(name));
    if (stale.length > 0) await view.renewNodes(tx, stale);
    for (const name of mine) {
      held.add(name);
      this.busy.delete(name);
    }
  }

  private async begun(): Promise<void> {
    if (this.hasBegun) return;
    this.hasBegun = true;
    const { tx, mode } = this.parts;
    await together(lockOutWhoLocksAll(tx), ...(mode === 'one' ? [tx.query('SAVEPOINT no_nodes')] : []));
  }

  private async waitFor(node: string) {
    const { tx } = this.parts;
    const [, , versions, evicting] = await together(
      this.held.size > 0 ? this.giveNodesBack() : Promise.resolve(),
      lockNode(tx, node),
      nodeVersions(tx, { names: [node] }),
      evictingHold(tx),
    );
    this.evicting = evicting;
    return versions;
  }

  /** Waits for nobody. What is known of the node is up to date then, and whoever locks it later knows what is kept there. */
  async tryToLock(node: string): Promise<boolean> {
    const { tx, view } = this.parts;
    if (this.held.has(node)) return true;
    const [, locked] = await together(this.begun(), lockFreeNodes(tx, [node]));
    if (!locked.has(node)) return false;
    await view.renewNodes(tx, [node]);
    this.held.add(node);
    return true;
  }

  /** Not the place that was decided on: what is known may have become newer since. */
  private grant({ accessToken, wish, known, decided, claim, mustWait }: Asked): Granted {
    const { view, held } = this;
    const { node, taken } = claim;
    view.giveBack(claim);
    if (!held.has(node)) {
      if (mustWait) throw new NotTogetherError('the nodes that fit are giving room to others');
      return 'busy';
    }
    const isKept = heldFrom({ accessToken }, this.evicting).includes(node);
    const place = isKept ? undefined : view.fleet.placeOn(node, wish, known);
    if (place === undefined) return 'full';
    // By what was read under the lock, and before the instance counts itself.
    const { explanation } = decided;
    const granted = view.take(node, takenOf(taken.service, taken, place));
    this.granted.add(granted);
    return { place, explanation, claim: granted };
  }

  private async opened(login: NodeLogin | undefined): Promise<NodeAccess | undefined> {
    if (login === undefined) return undefined;
    try {
      return accessOf(login.node, await this.parts.logins.of(login.node.name, login.loginEncrypted));
    } catch (error) {
      if (error instanceof SealError) return undefined;
      throw error;
    }
  }
}
