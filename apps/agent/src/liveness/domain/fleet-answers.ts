/** With fewer other silent nodes, each is judged alone. */
const FEWEST = 3;
const SHARE = 0.25;

/**
 * Whether the programs of the nodes answered this replica last, node by node. Machines rarely stall together, and what
 * lies between them and this replica is common to all. So where a quarter of the others are silent too, this replica may
 * be the one that is slow. Kubernetes holds evictions back by a share of nodes in the same way ("Rate limits on eviction").
 */
export class FleetAnswers {
  private readonly last = new Map<string, 'answered' | 'silent'>();
  private silent = 0;

  answered(node: string): void {
    this.set(node, 'answered');
  }

  missed(node: string): void {
    this.set(node, 'silent');
  }

  forget(node: string): void {
    if (this.last.get(node) === 'silent') this.silent -= 1;
    this.last.delete(node);
  }

  /** Whether this replica may be at fault where this node does not answer. */
  isInDoubt(node: string): boolean {
    const own = this.last.get(node);
    const others = this.last.size - (own === undefined ? 0 : 1);
    const silent = this.silent - (own === 'silent' ? 1 : 0);
    return silent >= FEWEST && silent >= SHARE * others;
  }

  private set(node: string, now: 'answered' | 'silent'): void {
    this.forget(node);
    this.last.set(node, now);
    if (now === 'silent') this.silent += 1;
  }
}
