interface RoundsParts {
  readonly round: () => Promise<void>;
  /** With the first of several failures in a row. */
  readonly onFailed: (error: unknown) => void;
  /** New figures begin no round sooner after the beginning of the last one. */
  readonly leastMs: number;
  readonly monotonicMs: () => number;
}

/** Rounds of decisions, never two at once: when time is up, when there are new figures, and at once when a request waits. */
export class Rounds {
  private isDue = false;
  private isFailing = false;
  private running: Promise<void> | undefined;
  private begunMs = -Infinity;

  constructor(private readonly parts: RoundsParts) {}

  /** A round now, or a further one after that which is under way. */
  atOnce(): void {
    this.isDue = true;
    void this.run();
  }

  /** A round where the last one is not of just now. */
  async soon(): Promise<void> {
    const { leastMs, monotonicMs } = this.parts;
    if (monotonicMs() - this.begunMs >= leastMs) await this.run();
  }

  /** Resolves when none is under way. */
  async ended(): Promise<void> {
    await this.running;
  }

  private run(): Promise<void> {
    return (this.running ??= this.allDue().finally(() => (this.running = undefined)));
  }

  private async allDue(): Promise<void> {
    do {
      this.isDue = false;
      this.begunMs = this.parts.monotonicMs();
      await this.once();
    } while (this.isDue);
  }

  private async once(): Promise<void> {
    try {
      await this.parts.round();
      this.isFailing = false;
    } catch (error) {
      if (!this.isFailing) this.parts.onFailed(error);
      this.isFailing = true;
    }
  }
}
