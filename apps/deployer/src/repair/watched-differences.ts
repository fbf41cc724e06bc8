import type { Clock } from '../task/ports.js';
import type {
  Difference,
  NodeInventory,
  RecordDifferences,
  SeenNode,
  WatchedNode,
  WatchedNodes,
} from './ports.js';

interface WatchedDifferencesPorts {
  readonly agents: WatchedNodes;
  readonly record: RecordDifferences;
  readonly inventory: NodeInventory;
  readonly clock: Clock;
  /** A node that has been unreachable for so long is lost. */
  readonly nodeGraceMs: number;
  /** A container without a record is no difference before. */
  readonly orphanAgeMs: number;
}

/** What agents see that is not as the record says. No node is asked. */
export class WatchedDifferences {
  /** Since when each container without a record is seen; by its id. */
  private readonly unknown = new Map<string, number>();
  /** Containers of others. */
  private readonly strangers = new Set<string>();
  /** How often each container had been started again when its engine was asked last; by its id. */
  private readonly restarts = new Map<string, number>();

  constructor(private readonly ports: WatchedDifferencesPorts) {}

  /** Of these nodes; of those that no agent watches, none. */
  async of(nodes: readonly string[]): Promise<readonly Difference[]> {
    const { agents, record, inventory } = this.ports;
    const watched = nodes.flatMap((node) => {
      const seen = agents.of(node);
      return seen === undefined ? [] : [{ node, seen }];
    });
    if (watched.length === 0) return [];
    const leaving = await inventory.allLeaving();
    const found = await record.between(
      watched.map(({ node, seen }) => this.seenNode(node, seen, leaving.has(node))),
    );
    this.forgetGone(watched.map(({ seen }) => seen));
    const counted = found.filter((one) => one.kind !== 'unknown' || this.isOld(one.about));
    return [...counted, ...watched.flatMap(({ node, seen }) => this.restarted(node, seen))];
  }

  /** The engine of a node was asked: what it does not list is another's, and how often each was restarted is known. */
  asked(node: string, listed: ReadonlySet<string>): void {
    for (const { container, restarts } of this.ports.agents.of(node)?.running ?? []) {
      this.restarts.set(container, restarts);
      if (this.unknown.has(container) && !listed.has(container)) this.strangers.add(container);
    }
  }

  private seenNode(node: string, seen: WatchedNode, leaving: boolean): SeenNode {
    const { state, since } = seen.liveness;
    const silentMs = this.nowMs() - Date.parse(since);
    return {
      ...{ node, since, leaving },
      alive: state === 'alive',
      lost: state === 'unreachable' && silentMs >= this.ports.nodeGraceMs,
      containers: seen.figures === 'seen' ? seen.running.map(({ container }) => container) : null,
    };
  }

  private isOld(container: string): boolean {
    if (this.strangers.has(container)) return false;
    const since = this.unknown.get(container) ?? this.nowMs();
    this.unknown.set(container, since);
    return this.nowMs() - since >= this.ports.orphanAgeMs;
  }

  private restarted(node: string, { running }: WatchedNode): readonly Difference[] {
    return running
      .filter(({ container, restarts }) => restarts > (this.restarts.get(container) ?? 0))
      .map(({ container, restarts }) => ({ node, kind: 'restarted', about: `${container} ${restarts}` }));
  }

  /** Once all nodes are looked at, what none of them runs any more; a part of them says nothing of the others. */
  private forgetGone(seen: readonly WatchedNode[]): void {
    if (seen.length < this.ports.agents.all().length) return;
    const running = new Set(seen.flatMap((node) => node.running.map(({ container }) => container)));
    for (const known of [this.unknown, this.restarts, this.strangers])
      for (const container of known.keys()) if (!running.has(container)) known.delete(container);
  }

  private nowMs(): number {
    return this.ports.clock.now().getTime();
  }
}

interface HasteningPorts {
  readonly nodes: () => readonly string[];
  readonly differences: Pick<WatchedDifferences, 'of'>;
  /** Lets these nodes be looked at now. */
  hasten(nodes: readonly string[]): Promise<void>;
}

/** Has each node looked at as soon as something new of it differs from the record. */
export class Hastening {
  private known: ReadonlySet<string> = new Set();

  constructor(private readonly ports: HasteningPorts) {}

  async run(): Promise<void> {
    const found = await this.ports.differences.of(this.ports.nodes());
    const isNew = (one: Difference): boolean => !this.known.has(keyOf(one));
    const nodes = [...new Set(found.filter(isNew).map(({ node }) => node))];
    if (nodes.length > 0) await this.ports.hasten(nodes);
    this.known = new Set(found.map(keyOf));
  }
}

const keyOf = ({ node, kind, about }: Difference): string => [node, kind, about].join('\n');
