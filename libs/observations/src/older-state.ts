import type { NodeState } from '#libs/contracts';

type Order = Pick<NodeState, 'fence' | 'observedAt'>;

/**
 * Whether a `node.state` says less than another one of its node: by its fence, and within a fence by its time. Takeovers
 * and compaction may bring an older one later.
 */
export const isOlderState = (one: Order, other: Order): boolean =>
  one.fence < other.fence ||
  (one.fence === other.fence && Date.parse(one.observedAt) < Date.parse(other.observedAt));
