import type { AnsweredRequest } from '../data-plane/domain/answered.js';
import { type Answering, AnswersSeen } from './domain/answers-seen.js';
import { figuresOf, type Kept, nothingKept } from './domain/gateway-figures.js';
import type { Carried, Reporting, WaitingRequests } from './ports.js';

interface TellFiguresParts {
  readonly carried: Carried;
  readonly waiting: Pick<WaitingRequests, 'queued' | 'held'>;
  readonly reporting: Reporting;
  /** Without a log, health checks count as requests, and nothing is known of times. */
  readonly hasLog: boolean;
  /** In milliseconds since 1970. */
  readonly now: () => number;
  readonly monotonicMs: () => number;
  readonly onError: (error: unknown) => void;
}

/** Tells load balancers how services and instances do at this gateway, and which ones requests wait for. */
export class TellFigures {
  private readonly seen = new AnswersSeen();
  private kept: Kept;
  private waking: Promise<void> | undefined;
  private readonly due = new Set<string>();

  constructor(private readonly parts: TellFiguresParts) {
    this.kept = nothingKept(parts.monotonicMs());
  }

  answered(answering: Answering, answer: AnsweredRequest): void {
    this.seen.answered(answering, answer);
  }

  /** A request is held, the first one of its service: that is told at once. */
  held(service: string): void {
    this.due.add(service);
    this.waking ??= this.wake().finally(() => (this.waking = undefined));
  }

  /** To be called once a second. */
  async tell(): Promise<void> {
    const { carried, waiting, reporting, hasLog, now, monotonicMs, onError } = this.parts;
    const held = waiting.held();
    for (const service of held.keys()) this.held(service);
    const queued = await waiting.queued().catch(() => new Map<string, number>());
    const { figures, kept } = figuresOf(this.kept, {
      ...{ now: now(), monotonicMs: monotonicMs(), services: carried(), queued, held },
      ...(hasLog && { seen: this.seen }),
    });
    this.kept = kept;
    this.seen.nextSecond(
      new Set(figures.services.map(({ name }) => name)),
      new Set(figures.instances.map(({ name }) => name)),
    );
    await reporting.figures(figures, now()).catch(onError);
  }

  private async wake(): Promise<void> {
    while (this.due.size > 0) {
      const services = [...this.due];
      this.due.clear();
      await this.parts.reporting.wake(services).catch(this.parts.onError);
    }
  }
}
