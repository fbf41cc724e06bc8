import { type NodeObservation, type NodeState, topics } from '#libs/contracts';
import { type PlatformKafka, tail } from '#libs/kafka';
import { NodeObservations } from '#libs/observations';

/** What came of all nodes while it was measured. */
export interface Read {
  readonly messages: number;
  /** Of their bodies, before Kafka puts them into batches. */
  readonly bytes: number;
  /** Those that could not be put together, as one before them was missed. */
  readonly gaps: number;
  /** How old figures were when they came: from the question to the node until then, sorted. */
  readonly agesMs: readonly number[];
  /** Nodes that were said not to answer since the start, of which none was ever away: the first reason of each. */
  readonly unreachable: readonly string[];
}

const NONE: Read = { messages: 0, bytes: 0, gaps: 0, agesMs: [], unreachable: [] };

/** Reads what the agent sends, as its readers do. */
export class FiguresReader {
  private read = { ...NONE, agesMs: [] as number[] };
  private readonly lost = new Map<string, string>();
  private readonly nodes = new NodeObservations();
  private following: { stop(): Promise<void> } | undefined;
  /** Nodes that were seen at all since the last `forget`. */
  readonly seen = new Set<string>();

  async start(kafka: PlatformKafka): Promise<void> {
    this.following = await tail(kafka, {
      ...{ topics: [topics.nodeObserved, topics.nodeState], from: 'end' },
      onMessage: ({ topic, data }) =>
        topic === topics.nodeState ? this.takeState(data as NodeState) : this.take(data as NodeObservation),
    });
  }

  /** What came since the last call. */
  since(): Read {
    const { read } = this;
    this.read = { ...NONE, agesMs: [] };
    return { ...read, agesMs: read.agesMs.toSorted((a, b) => a - b), unreachable: [...this.lost.values()] };
  }

  async stop(): Promise<void> {
    await this.following?.stop();
  }

  private takeState({ node, liveness }: NodeState): void {
    if (liveness.state === 'unreachable' && !this.lost.has(node))
      this.lost.set(node, liveness.reason ?? 'no reason');
  }

  private take(message: NodeObservation): void {
    const observed = this.nodes.take(message);
    if (observed.kind === 'old') return;
    const { messages, bytes, gaps, agesMs } = this.read;
    agesMs.push(Date.now() - Date.parse(message.observedAt));
    this.seen.add(message.node);
    this.read = {
      ...{ messages: messages + 1, agesMs, unreachable: [] },
      bytes: bytes + JSON.stringify(message).length,
      gaps: gaps + (observed.kind === 'gap' ? 1 : 0),
    };
  }
}
