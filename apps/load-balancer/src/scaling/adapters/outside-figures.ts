import type { OutsideFigure, OutsideFigures } from '../ports.js';
import { isAllowedServer } from './prometheus-servers.js';

/** A figure is asked for again after so long, and is of no use after `STALE_MS`. */
const POLL_MS = 5_000;
const STALE_MS = 20_000;
/** Nobody asked for it for so long: its policy is gone. */
const FORGET_MS = 60_000;
/** So many questions are open at once; the others are asked a moment later. */
const MOST_OPEN = 16;

export interface OutsideSources {
  kafkaLag(group: string, topic: string): Promise<number>;
  prometheus(url: string, query: string): Promise<number>;
}

interface Figure {
  readonly source: keyof OutsideSources;
  value?: number;
  at: number;
  askedAt: number;
  usedAt: number;
  /** Why it could not be had last. */
  problem?: string;
}

interface Parts {
  readonly sources: OutsideSources;
  /** Servers that policies may name; `*`: all. */
  readonly servers: readonly string[];
  /** So many figures of each source are followed at most. */
  readonly most: Readonly<Record<keyof OutsideSources, number>>;
  /** Of a timer that nobody sets. */
  monotonicMs(): number;
  /** For the first time since it was had. */
  onMissing(what: string, error: unknown): void;
}

interface Question {
  readonly source: keyof OutsideSources;
  readonly what: string;
  readonly ask: () => Promise<number>;
}

/** Keeps the latest figures from outside: whoever decides waits for none of them. */
export class PolledFigures implements OutsideFigures {
  private readonly figures = new Map<string, Figure>();
  private open = 0;

  constructor(private readonly parts: Parts) {}

  kafkaLag(group: string, topic: string): OutsideFigure {
    const { sources } = this.parts;
    const what = `lag of group ${group} on ${topic}`;
    return this.latest({ source: 'kafkaLag', what, ask: () => sources.kafkaLag(group, topic) });
  }

  prometheus(url: string, query: string): OutsideFigure {
    const { sources, servers } = this.parts;
    if (!isAllowedServer(url, servers))
      return { missing: `${new URL(url).origin} is not one of LOAD_BALANCER_PROMETHEUS_SERVERS` };
    const what = `query at ${url}: ${query}`;
    return this.latest({ source: 'prometheus', what, ask: () => sources.prometheus(url, query) });
  }

  private latest(question: Question): OutsideFigure {
    const now = this.parts.monotonicMs();
    this.forget(now);
    const figure = this.figures.get(question.what) ?? this.follow(question, now);
    if (figure === undefined)
      return {
        missing: `this load balancer follows ${this.parts.most[question.source]} such figures already`,
      };
    figure.usedAt = now;
    if (now - figure.askedAt >= POLL_MS && this.open < MOST_OPEN) void this.refresh(question, figure, now);
    if (figure.value !== undefined && now - figure.at < STALE_MS) return { value: figure.value };
    return { missing: figure.problem ?? 'not answered yet' };
  }

  private follow({ source, what }: Question, now: number): Figure | undefined {
    const alike = [...this.figures.values()].filter((figure) => figure.source === source).length;
    if (alike >= this.parts.most[source]) return undefined;
    const figure = { source, at: -Infinity, askedAt: -Infinity, usedAt: now };
    this.figures.set(what, figure);
    return figure;
  }

  private async refresh({ what, ask }: Question, figure: Figure, now: number): Promise<void> {
    figure.askedAt = now;
    this.open += 1;
    try {
      const value = await ask();
      Object.assign(figure, { value, at: now, problem: undefined });
    } catch (error) {
      if (figure.problem === undefined) this.parts.onMissing(what, error);
      figure.problem = error instanceof Error ? error.message : String(error);
    } finally {
      this.open -= 1;
    }
  }

  private forget(now: number): void {
    for (const [key, { usedAt }] of this.figures) if (now - usedAt > FORGET_MS) this.figures.delete(key);
  }
}
