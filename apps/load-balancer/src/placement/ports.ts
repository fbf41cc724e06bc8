import type { AssignedNode, NodeAnswer, NodeRequest } from '#libs/contracts';
import type { Explanation } from './domain/explanation.js';
import type { Place, Placement, Wish } from './domain/place.js';

/** How the deployer reaches a node; the login is sealed to it. */
export type NodeAccess = Omit<AssignedNode, 'port' | 'score'>;

/** Nodes and reservations, within one transaction. */
export interface Placing {
  /** The place that the request's access token has already. Brings what is known of the nodes up to date. */
  kept(request: NodeRequest): Promise<Place | undefined>;
  /** By what is known of the nodes, which others may be changing. */
  decide(wish: Wish): Placement;
  /**
   * The first of the places that nobody else is taking, as it is now and until the transaction ends. Undefined where it
   * would be over capacity by now: what is known is up to date again, and another place has to be decided on.
   */
  claim(wish: Wish, places: readonly Place[]): Promise<Place | undefined>;
  /** Reads all nodes anew. */
  renew(): Promise<void>;
  /** Undefined when the node is not enrolled any more, or its login cannot be opened. */
  accessTo(node: string): Promise<NodeAccess | undefined>;
  /** The place belongs to the request's access token from now on. */
  reserve(request: NodeRequest, place: Place): Promise<void>;
}

export interface Answers {
  /** With what decided it; an answer that is only given again is not decided anew. */
  send(answer: NodeAnswer, explanation?: Explanation): Promise<void>;
}
