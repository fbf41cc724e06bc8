import { Waiting, type WaitingBounds } from './domain/waiting.js';
import type { Readiness } from './ports.js';

interface HoldRequestsParts {
  readonly readiness: Pick<Readiness, 'readyOf'>;
  readonly bounds: WaitingBounds;
  readonly waitMs: number;
  /** Between two looks, while somebody waits. */
  readonly lookMs: number;
  /** One begins to wait at a backend where no other does. */
  readonly onFirst?: (backend: string) => void;
  readonly monotonicMs: () => number;
  readonly delay: (ms: number) => Promise<void>;
}

/** How a wait ended: an instance is there, nobody else may wait, time is up, or the client has left. */
export type WaitEnd = 'ready' | 'full' | 'late' | 'left';

interface Waiter {
  readonly untilMs: number;
  readonly end: (how: WaitEnd) => void;
}

/** Has requests wait for an instance, and looks for one as long as any does. */
export class HoldRequests {
  private readonly waiting: Waiting<Waiter>;
  private looking: Promise<void> | undefined;
  private isOver = false;
  private hurry = Promise.withResolvers<void>();

  constructor(private readonly parts: HoldRequestsParts) {
    this.waiting = new Waiting(parts.bounds);
  }

  /** How many wait for each backend. */
  get counts(): ReadonlyMap<string, number> {
    return this.waiting.counts;
  }

  /** `waitedMs`: so long the request has waited before. */
  untilReady(backend: string, signal: AbortSignal, waitedMs = 0): Promise<WaitEnd> {
    if (this.isOver) return Promise.resolve('late');
    if (signal.aborted) return Promise.resolve('left');
    return new Promise((resolve) => {
      const leave = (): void => waiter.end('left');
      const waiter: Waiter = {
        untilMs: this.parts.monotonicMs() + this.parts.waitMs - waitedMs,
        end: (how) => {
          signal.removeEventListener('abort', leave);
          this.waiting.remove(backend, waiter);
          resolve(how);
        },
      };
      const isFirst = !this.waiting.hasAny(backend);
      if (!this.waiting.add(backend, waiter)) {
        resolve('full');
        return;
      }
      if (isFirst) this.parts.onFirst?.(backend);
      signal.addEventListener('abort', leave);
      this.looking ??= this.look();
    });
  }

  /** Looks now: there may be an instance. */
  lookNow(): void {
    this.hurry.resolve();
  }

  /** Nobody waits any more. */
  async stop(): Promise<void> {
    this.isOver = true;
    for (const backend of this.waiting.backends) for (const { end } of this.waiting.at(backend)) end('late');
    this.hurry.resolve();
    await this.looking;
  }

  private async look(): Promise<void> {
    const { readiness, lookMs, monotonicMs, delay } = this.parts;
    while (this.waiting.backends.length > 0) {
      this.hurry = Promise.withResolvers();
      // While HAProxy does not answer, nobody is ready.
      const ready = await readiness.readyOf(this.waiting.backends).catch(() => []);
      for (const backend of ready) for (const { end } of this.waiting.at(backend)) end('ready');
      const nowMs = monotonicMs();
      for (const backend of this.waiting.backends)
        for (const { untilMs, end } of this.waiting.at(backend)) if (untilMs <= nowMs) end('late');
      await Promise.race([delay(lookMs), this.hurry.promise]);
    }
    this.looking = undefined;
  }
}
