import type { AssignedNode, NodeAnswer, NodeRequest } from '#libs/contracts';
import type { Candidate, Place } from './domain/place.js';

/** What a placing is decided on. */
export interface Situation {
  /** The place that the request's access token has already. */
  readonly kept: Place | undefined;
  readonly candidates: readonly Candidate[];
}

/** How the deployer reaches a node; the login is sealed to it. */
export type NodeAccess = Omit<AssignedNode, 'port' | 'score'>;

/** Nodes and reservations, within one transaction. */
export interface Placing {
  /** Waits until no other placing is under way, frees what nobody bound in time, and reads the rest. */
  situation(request: NodeRequest): Promise<Situation>;
  /** Undefined when the node is not enrolled any more, or its login cannot be opened. */
  accessTo(node: string): Promise<NodeAccess | undefined>;
  /** The place belongs to the request's access token from now on. */
  reserve(request: NodeRequest, place: Place): Promise<void>;
}

export interface Answers {
  send(answer: NodeAnswer): Promise<void>;
}
