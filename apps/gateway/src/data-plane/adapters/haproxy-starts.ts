import { setTimeout as delay } from 'node:timers/promises';
import type { HaproxyProcess } from './haproxy-process.js';

const RELOAD_EVERY_MS = 1_000;

/** Has HAProxy run by its files as they are now, and counts how. */
export class HaproxyStarts {
  private reloadedMs = -Infinity;

  constructor(
    private readonly process: HaproxyProcess,
    private readonly counts: { starts: number; reloads: number },
  ) {}

  /** It is reloaded where it runs, once a second at most. */
  async startOrReload(): Promise<void> {
    if (this.process.pid === undefined) {
      this.counts.starts += 1;
      this.process.start();
      return;
    }
    await delay(Math.max(0, this.reloadedMs + RELOAD_EVERY_MS - performance.now()));
    this.reloadedMs = performance.now();
    this.counts.reloads += 1;
    await this.process.reload();
  }
}
