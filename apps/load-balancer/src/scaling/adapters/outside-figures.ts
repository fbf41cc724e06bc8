import type { OutsideFigures } from '../ports.js';

/** A figure is asked for again after so long, and is of no use after `STALE_MS`. */
const POLL_MS = 5_000;
const STALE_MS = 20_000;
/** Nobody asked for it for so long: its policy is gone. */
const FORGET_MS = 60_000;

export interface OutsideSources {
  kafkaLag(group: string, topic: string): Promise<number>;
  prometheus(url: string, query: string): Promise<number>;
}

interface Figure {
  value?: number;
  at: number;
  askedAt: number;
  usedAt: number;
  isFailing: boolean;
}

interface Parts {
  readonly sources: OutsideSources;
  /** Of a timer that nobody sets. */
  monotonicMs(): number;
  /** For the first time since it was had. */
  onMissing(what: string, error: unknown): void;
}

/** Keeps the latest figures from outside: whoever decides waits for none of them. */
export class PolledFigures implements OutsideFigures {
  private readonly figures = new Map<string, Figure>();

  constructor(private readonly parts: Parts) {}

  kafkaLag(group: string, topic: string): number | undefined {
    const { sources } = this.parts;
    return this.latest(`lag of group ${group} on ${topic}`, () => sources.kafkaLag(group, topic));
  }

  prometheus(url: string, query: string): number | undefined {
    const { sources } = this.parts;
    return this.latest(`query at ${url}: ${query}`, () => sources.prometheus(url, query));
  }

  private latest(key: string, ask: () => Promise<number>): number | undefined {
    const now = this.parts.monotonicMs();
    this.forget(now);
    const known = this.figures.get(key);
    const figure = known ?? { at: -Infinity, askedAt: -Infinity, usedAt: now, isFailing: false };
    figure.usedAt = now;
    if (known === undefined) this.figures.set(key, figure);
    if (now - figure.askedAt >= POLL_MS) void this.refresh(key, figure, ask, now);
    return now - figure.at < STALE_MS ? figure.value : undefined;
  }

  private async refresh(key: string, figure: Figure, ask: () => Promise<number>, now: number): Promise<void> {
    figure.askedAt = now;
    try {
      const value = await ask();
      Object.assign(figure, { value, at: now, isFailing: false });
    } catch (error) {
      if (!figure.isFailing) this.parts.onMissing(key, error);
      figure.isFailing = true;
    }
  }

  private forget(now: number): void {
    for (const [key, { usedAt }] of this.figures) if (now - usedAt > FORGET_MS) this.figures.delete(key);
  }
}
