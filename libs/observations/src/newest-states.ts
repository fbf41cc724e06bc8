import type { NodeState } from '#libs/contracts';
import { isOlderState } from './older-state.js';

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
    if (known !== undefined && isOlderState(state, known)) return false;
    this.states.set(state.node, state);
    return true;
  }

  forget(node: string): void {
    this.states.delete(node);
  }
}
