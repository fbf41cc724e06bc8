import { setTimeout as delay } from 'node:timers/promises';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

/** Repeats its work until that succeeds, after longer and longer pauses. */
export class Recovery {
  private running: Promise<void> | undefined;
  private isEnding = false;

  constructor(
    private readonly work: () => Promise<void>,
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
    for (let pauseMs = FIRST_PAUSE_MS; !this.isEnding; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      try {
        await this.work();
        break;
      } catch (error) {
        this.onFailure(error);
        await delay(pauseMs);
      }
    }
    this.running = undefined;
  }
}
