import { setTimeout as delay } from 'node:timers/promises';
import { SaidOnce } from '#libs/telemetry';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Repeats its work until that succeeds, after longer and longer pauses. */
export class Recovery {
  private running: Promise<void> | undefined;
  private isEnding = false;

  constructor(
    private readonly work: () => Promise<void>,
    /** Called once for failures in a row that say the same. */
    private readonly onFailure: (error: unknown) => void,
  ) {}

  /** Once at a time, and not once it has ended. */
  start(): void {
    if (!this.isEnding) this.running ??= this.repeat();
  }

  async end(): Promise<void> {
    this.isEnding = true;
    await this.running;
  }

  private async repeat(): Promise<void> {
    const said = new SaidOnce();
    for (let pauseMs = FIRST_PAUSE_MS; !this.isEnding; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.work();
        break;
      } catch (error) {
        if (said.isNew(error instanceof Error ? error.message : String(error))) this.onFailure(error);
        await delay(pauseMs);
      }
    }
    this.running = undefined;
  }
}
