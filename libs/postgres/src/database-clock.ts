import type { Pool } from './pool.js';

const AGAIN_MS = 30_000;
/** Half of how long a question took is how wrong its answer may be: slower ones are asked again first. */
const LONGEST_QUESTION_MS = 100;

/**
 * The database's time, counted on between two questions by a timer that nobody sets: the same for every replica, also
 * on a machine whose own clock is wrong or is set while it runs.
 */
export class DatabaseClock {
  /** The database's time when this process's `performance.now()` was 0. */
  private zeroMs: number | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly pool: Pool,
    private readonly onError: (error: Error) => void = () => undefined,
  ) {}

  /** Resolves once the time is known. */
  async start(): Promise<void> {
    await this.ask();
    this.timer = setInterval(() => void this.ask().catch(this.onError), AGAIN_MS);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  now(): Date {
    if (this.zeroMs === undefined) throw new Error('the clock is asked before it was started');
    return new Date(this.zeroMs + performance.now());
  }

  private async ask(): Promise<void> {
    const before = performance.now();
    const { rows } = await this.pool.query<{ ms: number }>(
      'SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms',
    );
    const after = performance.now();
    const isSlow = after - before > LONGEST_QUESTION_MS;
    const [row] = rows;
    if (row === undefined || (isSlow && this.zeroMs !== undefined)) return;
    this.zeroMs = row.ms - (before + after) / 2;
  }
}
