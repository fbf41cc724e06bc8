import { setTimeout as delay } from 'node:timers/promises';

const AGAIN_MS = 1_000;
/** A try that is under way at the end may wait for somebody who does not answer. */
const ENDING_MS = 1_000;

/** Work that is to be done once, and is tried again until it is. */
export class UntilDone {
  private readonly ending = new AbortController();
  private trying: Promise<void> = Promise.resolve();

  constructor(
    private readonly work: (signal: AbortSignal) => Promise<void>,
    private readonly onFailure: (error: unknown) => void,
    private readonly againMs: number = AGAIN_MS,
  ) {}

  /** Resolves after the first try. Throws where that fails by what `passes` says no to: it would fail for ever. */
  async start(passes: (error: unknown) => boolean = () => true): Promise<void> {
    const { signal } = this.ending;
    try {
      await this.work(signal);
    } catch (error) {
      if (!passes(error)) throw error;
      this.onFailure(error);
      this.trying = this.tryAgain(signal);
    }
  }

  /** It is not tried any more; a try that is under way is waited for, not for long. */
  async stop(): Promise<void> {
    this.ending.abort();
    await Promise.race([this.trying, delay(ENDING_MS)]);
  }

  private async tryAgain(signal: AbortSignal): Promise<void> {
    for (;;) {
      await delay(this.againMs, undefined, { signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        return await this.work(signal);
      } catch (error) {
        this.onFailure(error);
      }
    }
  }
}
