interface HeldTopicsOptions {
  readonly onHeld?: (topic: string) => void;
  readonly onReleased?: (topic: string) => void;
}

/** Topics that are not available. Their rows are passed over until the next try, so that those behind them are read. */
export class HeldTopics {
  private readonly held = new Set<string>();
  private passedOver = new Set<string>();

  constructor(private readonly options: HeldTopicsOptions) {}

  get skipped(): readonly string[] {
    return [...this.passedOver];
  }

  tryAgain(): void {
    this.passedOver = new Set();
  }

  /** What came of publishing rows. */
  record(rows: readonly { readonly topic: string }[], held: ReadonlySet<string>): void {
    if (held.size === 0 && this.held.size === 0) return;
    for (const topic of new Set(rows.map((row) => row.topic))) {
      if (held.has(topic)) this.hold(topic);
      else if (this.held.delete(topic)) this.options.onReleased?.(topic);
    }
  }

  private hold(topic: string): void {
    this.passedOver.add(topic);
    if (this.held.has(topic)) return;
    this.held.add(topic);
    this.options.onHeld?.(topic);
  }
}
