import type { NodeState } from '#libs/contracts';

/** The newest state of each node. Takeovers and compaction may bring an older one later: it is passed over. */
export class NewestStates {
  private readonly states = new Map<string, NodeState>();

  get nodes(): readonly string[] {
    return [...this.states.keys()];
  }

  of(node: string): NodeState | undefined {
    return this.states.get(node);
  }

  /** @returns whether it is the newest */
  take(state: NodeState): boolean {
    const known = this.states.get(state.node);
    if (known !== undefined && isOlder(state, known)) return false;
    this.states.set(state.node, state);
    return true;
  }

  forget(node: string): void {
    this.states.delete(node);
  }
}

type Order = Pick<NodeState, 'fence' | 'observedAt'>;
const isOlder = (one: Order, other: Order): boolean =>
  one.fence < other.fence ||
  (one.fence === other.fence && Date.parse(one.observedAt) < Date.parse(other.observedAt));
