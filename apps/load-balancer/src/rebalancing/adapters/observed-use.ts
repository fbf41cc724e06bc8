import { AGENT_SILENT_MS, nodeObserved, topics } from '#libs/contracts';
import { tail, type TailedMessage } from '#libs/kafka';
import { usedCores } from '#libs/observations';
import type { Runtime } from '#libs/runtime';
import { type NodeFigures, RecentUse } from '../domain/recent-use.js';

/**
 * What nodes and instances used of late, read along from `node.observed`. Only whole messages count, which are every tenth:
 * a mean over minutes needs no more, and nothing has to be put together.
 */
export class ObservedUse {
  private use: RecentUse;
  private following: { stop(): Promise<void> } | undefined;
  /** When it began to follow; by the monotonic clock. */
  private since = Number.POSITIVE_INFINITY;

  constructor(
    private readonly kafka: Runtime['kafka'],
    private readonly overMs: number,
  ) {
    this.use = this.none();
  }

  /** Reads along from now on; nothing is known of what was before. */
  async follow(): Promise<void> {
    if (this.following !== undefined) return;
    this.use = this.none();
    this.following = await tail(this.kafka, {
      topics: [topics.nodeObserved],
      from: 'end',
      onMessage: (message) => this.take(message),
    });
    this.since = performance.now();
  }

  async stop(): Promise<void> {
    const { following } = this;
    this.following = undefined;
    this.since = Number.POSITIVE_INFINITY;
    await following?.stop();
  }

  /** It has followed long enough to have heard of every node that an agent watches. */
  get hasListened(): boolean {
    return performance.now() - this.since >= this.overMs;
  }

  of(node: string, nowMs: number): NodeFigures {
    return this.use.of(node, nowMs);
  }

  take({ data }: Pick<TailedMessage, 'data'>): void {
    if (typeof data !== 'object' || data === null || 'since' in data) return;
    // What cannot be read is none: the node manager sends it to the dead letters.
    const read = nodeObserved.schema.safeParse(data);
    if (!read.success || read.data.sizes === undefined) return;
    const { node, observedAt, sizes, host, instances } = read.data;
    this.use.add({
      ...{ node, atMs: Date.parse(observedAt), cpus: sizes.cpus, used: usedCores({ host }) },
      instances: new Map(instances.map(({ instance, usage }) => [instance, usage?.cpu ?? null])),
    });
  }

  private none(): RecentUse {
    return new RecentUse({ overMs: this.overMs, silentMs: AGENT_SILENT_MS });
  }
}
