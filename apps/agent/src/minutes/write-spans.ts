import type { ObservedInstance, ObservedNode } from '#libs/observations';
import { GatheredSpan, type NodeSpan } from './domain/span.js';
import type { Spans } from './ports.js';

export interface SpanParts {
  readonly spans: Spans;
  readonly lengthMs: number;
  /** While the database is away, so many of each node wait: the newest. */
  readonly kept: number;
  /** Instances to gather. With it, seconds without such an instance are left out; all are gathered without it. */
  readonly wants?: (instance: ObservedInstance) => boolean;
  now(): Date;
  onError(error: unknown): void;
}

/** So long after its end a span is complete: a look that is later is a gap. */
const COMPLETE_MS = 3_000;

interface Begun {
  readonly beginMs: number;
  readonly gathered: GatheredSpan;
}

/** Gathers the seconds of nodes in spans of one length, and stores those of all nodes together. */
export class SpanWriter {
  /** By node, begin and fence. */
  private readonly begun = new Map<string, Begun>();
  private waiting: readonly NodeSpan[] = [];

  constructor(private readonly parts: SpanParts) {}

  observed(second: ObservedNode): void {
    const { lengthMs, wants } = this.parts;
    if (wants !== undefined && ![...second.instances.values()].some(wants)) return;
    const { node, fence } = second;
    const beginMs = Math.floor(Date.parse(second.observedAt) / lengthMs) * lengthMs;
    const key = `${node} ${beginMs} ${fence}`;
    let known = this.begun.get(key);
    if (known === undefined) {
      known = { beginMs, gathered: new GatheredSpan({ node, fence, beginMs }, wants) };
      this.begun.set(key, known);
    }
    known.gathered.add(second);
  }

  /** Stores what is complete; to be called every few seconds. */
  async write(): Promise<void> {
    const { spans, lengthMs, now, onError } = this.parts;
    const completeMs = now().getTime() - lengthMs - COMPLETE_MS;
    const complete = [...this.begun].filter(([, { beginMs }]) => beginMs <= completeMs);
    for (const [key] of complete) this.begun.delete(key);
    const finished = complete.map(([, { gathered }]) => gathered.span());
    this.waiting = this.newest([...this.waiting, ...finished]);
    if (this.waiting.length === 0) return;
    try {
      await spans.store(this.waiting);
      this.waiting = [];
    } catch (error) {
      onError(error);
    }
  }

  private newest(waiting: readonly NodeSpan[]): readonly NodeSpan[] {
    const byNode = Map.groupBy(waiting, ({ node }) => node).values();
    return [...byNode].flatMap((ofNode) => ofNode.slice(-this.parts.kept));
  }
}
