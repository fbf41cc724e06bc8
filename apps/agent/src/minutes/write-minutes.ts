import type { ObservedNode } from '#libs/observations';
import { MINUTE_MS, minuteOf, minuteOfSeconds, type NodeMinute } from './domain/minute.js';
import type { MinuteParts } from './ports.js';

/** So long after its end a minute is complete: a look that is later is a gap. */
const COMPLETE_MS = 3_000;
/** While the database is away, the newest of each node wait. */
const KEPT_MINUTES = 10;

interface Begun {
  readonly minuteMs: number;
  readonly seconds: [ObservedNode, ...ObservedNode[]];
}

/** Gathers the seconds of nodes, and stores them once a minute, those of all nodes together. */
export class MinuteWriter {
  /** By node, minute and fence. */
  private readonly begun = new Map<string, Begun>();
  private waiting: readonly NodeMinute[] = [];

  constructor(private readonly parts: MinuteParts) {}

  observed(second: ObservedNode): void {
    const minuteMs = minuteOf(second);
    const { node, fence } = second;
    const key = `${node} ${minuteMs} ${fence}`;
    const known = this.begun.get(key);
    if (known === undefined) this.begun.set(key, { minuteMs, seconds: [second] });
    else known.seconds.push(second);
  }

  /** Stores what is complete; to be called every few seconds. */
  async write(): Promise<void> {
    const completeMs = this.parts.now().getTime() - MINUTE_MS - COMPLETE_MS;
    const complete = [...this.begun].filter(([, { minuteMs }]) => minuteMs <= completeMs);
    for (const [key] of complete) this.begun.delete(key);
    const finished = complete.map(([, { seconds }]) => minuteOfSeconds(seconds));
    this.waiting = newest([...this.waiting, ...finished]);
    if (this.waiting.length === 0) return;
    try {
      await this.parts.minutes.store(this.waiting);
      this.waiting = [];
    } catch (error) {
      this.parts.onError(error);
    }
  }
}

const newest = (minutes: readonly NodeMinute[]): readonly NodeMinute[] =>
  [...Map.groupBy(minutes, ({ node }) => node).values()].flatMap((ofNode) => ofNode.slice(-KEPT_MINUTES));
