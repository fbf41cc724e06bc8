import type { ResponseTimes } from '../domain/watched.js';
import type { ResponseTimeSource } from '../ports.js';

/** The response times in the lines of the access log. */
export class LoggedTimes implements ResponseTimeSource {
  private times = new Map<string, { count: number; sumOfLogs: number }>();

  /** `responseMs` is -1 where no answer came. */
  add(instance: string | undefined, responseMs: unknown): void {
    if (instance === undefined || typeof responseMs !== 'number' || responseMs < 0) return;
    const now = this.times.get(instance) ?? { count: 0, sumOfLogs: 0 };
    now.count += 1;
    now.sumOfLogs += Math.log1p(responseMs);
    this.times.set(instance, now);
  }

  take(): ReadonlyMap<string, ResponseTimes> {
    const taken = this.times;
    this.times = new Map();
    return taken;
  }
}
