/** Work that is done now and then, never twice at a time. It deals with its own failures. */
export class Recurring {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private readonly abort = new AbortController();

  /** With an interval of 0 it is never done. */
  constructor(
    private readonly everyMs: number,
    private readonly work: (signal: AbortSignal) => Promise<void>,
  ) {}

  /** For the first time one interval from now, or `atOnce`. */
  start({ atOnce = false }: { readonly atOnce?: boolean } = {}): void {
    if (this.everyMs === 0) return;
    this.timer = setInterval(() => this.run(), this.everyMs);
    if (atOnce) this.run();
  }

  /** Resolves when what is under way has ended; its signal asks it to. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    this.abort.abort();
    await this.running;
  }

  private run(): void {
    this.running ??= this.work(this.abort.signal).finally(() => {
      this.running = undefined;
    });
  }
}
