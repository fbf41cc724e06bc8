import type { AssignedNode, NodeAnswer, NodeRequest, NodeWaiting } from '#libs/contracts';
import type { EvictedInstance, Explanation } from './domain/explanation.js';
import type { Shortage } from './domain/fleet.js';
import type { Place, Placement, Wish } from './domain/place.js';
import type { Evictable, Preemption, PreemptingWish } from './domain/preemption.js';
import type { Hold, WaitingRequest } from './domain/waiting-line.js';

/** How the deployer reaches a node; the login is sealed to it. */
export type NodeAccess = Omit<AssignedNode, 'port' | 'score'>;

/** Nodes and reservations, within one transaction. */
export interface Placing {
  /** The place that the request's access token has already. Brings what is known of the nodes up to date. */
  kept(request: NodeRequest): Promise<Place | undefined>;
  /** The node that is kept for a request that waits; as it was when `kept` was asked. */
  readonly hold?: Hold | undefined;
  /** How the request of `kept` stands to those that wait. */
  readonly standing: Standing;
  /** By what is known of the nodes, which others may be changing. */
  decide(wish: Wish): Placement;
  /**
   * The place that was decided on last, as it is now and until the transaction ends. Undefined where it would be over
   * capacity by now, or others are taking room there: what is known is up to date again, and another place has to be
   * decided on.
   */
  claim(wish: Wish): Promise<Claimed | undefined>;
  /** Reads all nodes anew. */
  renew(): Promise<void>;
  /** Undefined when the node is not enrolled any more, or its login cannot be opened. */
  accessTo(node: string): Promise<NodeAccess | undefined>;
  /** The place belongs to the request's access token from now on. */
  reserve(request: NodeRequest, place: Place): Promise<void>;
}

/** A place that is the caller's until its transaction ends. */
export interface Claimed {
  readonly place: Place;
  /** By what the claim has read, and before the instance counts itself. */
  readonly explanation: Explanation;
}

export interface Answers {
  /** With what decided it; an answer that is only given again is not decided anew. */
  send(answer: NodeAnswer, request: NodeRequest, explanation?: Explanation): Promise<void>;
  /** Says once that the request waits. */
  sendWaiting(waiting: NodeWaiting): Promise<void>;
}

/** `waits`: it is one of them. `behind`: others of its priority or a higher one wait. `free`: it may be placed at once. */
export type Standing = 'waits' | 'behind' | 'free';

/** The requests that wait for room, within one transaction. */
export interface Line {
  /**
   * Puts a request at its place in the line. Undefined where it may not wait, has waited for long enough, or the line is
   * full. Idempotent by access token.
   */
  join(request: NodeRequest, announced: boolean): Promise<WaitingRequest | undefined>;
}

/** Placing, for whoever serves the line. */
export interface LinePlacing extends Placing {
  /** Reads how its service did on the nodes, and which of them have its image: what is decided next is about it. */
  about(request: NodeRequest): Promise<void>;
  /** Reads what has changed of the nodes. */
  refresh(): Promise<void>;
  /** The last decision found no place, but would have on a node that others hold. */
  readonly isBusy: boolean;
  /** The node that comes closest to having room; the one that is kept already where that is possible still. */
  closest(wish: Wish, kept: string | undefined): string | undefined;
  /**
   * Locks a node until the transaction ends, and reads it anew; false where others take room there at this moment. From
   * then on, whoever takes room there knows what was kept meanwhile.
   */
  lock(node: string): Promise<boolean>;
  /** Some node has room, also one that others hold now. */
  hasRoom(wish: Wish): boolean;
  /** What each node lacks that could take it. */
  shortages(wish: Wish): readonly Shortage[];
  /** Who is to make room for it (`choosePreemption`). */
  preemption(wish: PreemptingWish, evictable: readonly Evictable[]): Preemption | undefined;
  /** Whether it has room on this node without those. */
  fitsWithout(wish: Wish, node: string, leaving: readonly Evictable[]): boolean;
}

/** An instance that was asked to make room, and has not gone yet. */
export interface Pending extends Evictable {
  /** How long ago that was. */
  readonly askedMs: number;
  /** It could not be stopped, and runs again. */
  readonly hasStayed: boolean;
}

/** Instances that are asked to make room, within one transaction. */
export interface Evictions {
  /**
   * The instances that may be stopped, on nodes where that would free what the node lacks. They have at most this
   * priority, have no volumes, and were not asked lately.
   */
  evictable(shortages: readonly Shortage[], mostPriority: number): Promise<readonly Evictable[]>;
  /** Asks the deployer to stop them. */
  ask(request: NodeRequest, victims: readonly Evictable[]): Promise<void>;
  /** Those that were asked for this request and hold their places still. */
  pending(accessToken: string): Promise<readonly Pending[]>;
  /** All that were asked for it. */
  madeFor(accessToken: string): Promise<readonly EvictedInstance[]>;
}

/** The line, for whoever serves it. */
export interface ServedLine {
  /** Locks the line, and gives it in its order; undefined where another replica is at work on it. */
  inOrder(): Promise<readonly WaitingRequest[] | undefined>;
  /** Locks one of them until the transaction ends; false where it has left the line, or something is done with it now. */
  take(accessToken: string): Promise<boolean>;
  /** Where others made room for it, those behind it are tried anew: it is their turn to ask. */
  leave(one: WaitingRequest): Promise<void>;
  /** All in line were tried but for some, these are told that they wait, and this one keeps a node. */
  wasTried(result: {
    readonly announced: readonly string[];
    readonly untried: readonly string[];
    readonly hold?: Hold;
  }): Promise<void>;
}
