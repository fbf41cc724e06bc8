import { type Waiting, waitInLine } from './line.js';

const FEWEST_STARTS = 2;

/**
 * Starts on one machine: what the engine does for one is CPU, so more at once than it has CPUs take longer in all. Two
 * always, for a pull may wait for the network.
 */
export function startsAtOnce(most: number, cpus = Infinity): number {
  return Math.min(most, Math.max(FEWEST_STARTS, Math.floor(cpus)));
}

/** At most so many at once of what is done at one place; the others wait their turn, first come, first served. */
export class Turns {
  private readonly places = new Map<string, { busy: number; readonly waiting: Waiting<void>[] }>();

  constructor(private readonly atOnce: (place: string) => number) {}

  /** Rejects with the signal's reason when it aborts before the turn has come. */
  async take<T>(place: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this.turn(place, signal);
    try {
      return await work();
    } finally {
      this.pass(place);
    }
  }

  private async turn(name: string, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const place = this.places.get(name) ?? { busy: 0, waiting: [] };
    this.places.set(name, place);
    if (place.busy < this.atOnce(name)) {
      place.busy += 1;
      return;
    }
    await waitInLine(place.waiting, {}, signal);
  }

  /** To the next one that waits; what nobody holds or waits for is forgotten. */
  private pass(name: string): void {
    const place = this.places.get(name);
    const next = place?.waiting.shift();
    if (place === undefined || next !== undefined) return next?.comes();
    place.busy -= 1;
    if (place.busy === 0) this.places.delete(name);
  }
}
