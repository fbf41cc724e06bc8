import { nextShare } from './domain/pace.js';

const EVERY_MS = 250;

/** How often this replica looks at its nodes: each second, less often while its own timers are late. */
export class Pace {
  private current = 1;
  private atMs = performance.now();

  private readonly timer = setInterval(() => this.measure(), EVERY_MS);

  get share(): number {
    return this.current;
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private measure(): void {
    const nowMs = performance.now();
    this.current = nextShare(this.current, nowMs - this.atMs - EVERY_MS);
    this.atMs = nowMs;
  }
}
