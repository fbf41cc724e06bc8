import type { Timer } from './ports.js';

/** For tests: time stands still until it is told to pass. */
export class ManualTimer implements Timer {
  private time = 0;
  private readonly alarms = new Set<{ readonly at: number; readonly callback: () => void }>();

  /** A little later each time, so that what takes no time here takes some. */
  now(): number {
    this.time += 0.001;
    return this.time;
  }

  after(ms: number, callback: () => void): () => void {
    const alarm = { at: this.time + ms, callback };
    this.alarms.add(alarm);
    return () => this.alarms.delete(alarm);
  }

  pass(ms: number): void {
    this.time += ms;
    for (const alarm of this.alarms) {
      if (alarm.at > this.time) continue;
      this.alarms.delete(alarm);
      alarm.callback();
    }
  }
}

/** Once all that needs no time has happened. */
export async function settled(): Promise<void> {
  for (let turns = 0; turns < 50; turns += 1) await new Promise((resolve) => setImmediate(resolve));
}
