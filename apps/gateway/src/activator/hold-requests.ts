import { Waiting, type WaitingBounds } from './domain/waiting.js';
import type { Readiness } from './ports.js';

interface HoldRequestsParts {
  readonly readiness: Pick<Readiness, 'mayWait' | 'readyOf'>;
  readonly bounds: WaitingBounds;
  readonly waitMs: number;
  /** Between two looks, while somebody waits. */
  readonly lookMs: number;
  /** One begins to wait for a service for which no other does. */
  readonly onFirst?: (service: string) => void;
  readonly monotonicMs: () => number;
  readonly delay: (ms: number) => Promise<void>;
}

/** How a wait ended: nobody else may wait, time is up, the client has left, or the service should not run. */
export type WaitedInVain = 'full' | 'late' | 'left' | 'stopped';

/** In these backends of the service there is an instance. */
export interface Ready {
  readonly backends: readonly string[];
}

export type WaitEnd = WaitedInVain | Ready;

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

  /** How many wait for each service. */
  get counts(): ReadonlyMap<string, number> {
    return this.waiting.counts;
  }

  /** `waitedMs`: so long the request has waited before. */
  untilReady(service: string, signal: AbortSignal, waitedMs = 0): Promise<WaitEnd> {
    if (this.isOver) return Promise.resolve('late');
    if (!this.parts.readiness.mayWait(service)) return Promise.resolve('stopped');
    if (signal.aborted) return Promise.resolve('left');
    return new Promise((resolve) => {
      const leave = (): void => waiter.end('left');
      const waiter: Waiter = {
        untilMs: this.parts.monotonicMs() + this.parts.waitMs - waitedMs,
        end: (how) => {
          signal.removeEventListener('abort', leave);
          this.waiting.remove(service, waiter);
          resolve(how);
        },
      };
      const isFirst = !this.waiting.hasAny(service);
      if (!this.waiting.add(service, waiter)) {
        resolve('full');
        return;
      }
      if (isFirst) this.parts.onFirst?.(service);
      signal.addEventListener('abort', leave);
      this.looking ??= this.look();
    });
  }

  /** Looks now: there may be an instance, or none to wait for. */
  lookNow(): void {
    this.hurry.resolve();
  }

  /** Nobody waits any more. */
  async stop(): Promise<void> {
    this.isOver = true;
    this.endAll(() => 'late');
    this.hurry.resolve();
    await this.looking;
  }

  private async look(): Promise<void> {
    const { readiness, lookMs, monotonicMs, delay } = this.parts;
    while (this.waiting.services.length > 0) {
      this.hurry = Promise.withResolvers();
      // While HAProxy does not answer, nobody is ready.
      const ready = await readiness
        .readyOf(this.waiting.services)
        .catch((): ReadonlyMap<string, readonly string[]> => new Map());
      const nowMs = monotonicMs();
      this.endAll((service, { untilMs }) => {
        if (!readiness.mayWait(service)) return 'stopped';
        const backends = ready.get(service);
        if (backends !== undefined) return { backends };
        return untilMs <= nowMs ? 'late' : undefined;
      });
      await Promise.race([delay(lookMs), this.hurry.promise]);
    }
    this.looking = undefined;
  }

  private endAll(how: (service: string, waiter: Waiter) => WaitEnd | undefined): void {
    for (const service of this.waiting.services)
      for (const waiter of this.waiting.at(service)) {
        const end = how(service, waiter);
        if (end !== undefined) waiter.end(end);
      }
  }
}
