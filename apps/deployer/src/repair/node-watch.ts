interface NodeWatchPorts {
  /** Nodes to look at now, for so long nobody else's. */
  claim(leaseMs: number, most: number): Promise<readonly string[]>;
  look(node: string, leaseMs: number): Promise<void>;
  onError(error: unknown, node?: string): void;
}

const AT_ONCE = 8;
/** Longer than any look; a replica that dies in one holds its nodes up for so long. */
const LEASE_MS = 60_000;
const LONGEST_TICK_MS = 1_000;

/** Looks at nodes when their time has come, several at once. */
export class NodeWatch {
  private readonly looking = new Set<Promise<void>>();
  private timer: NodeJS.Timeout | undefined;
  private hasStopped = false;
  private claiming: Promise<void> | undefined;

  constructor(
    private readonly ports: NodeWatchPorts,
    private readonly options: { readonly everyMs: number },
  ) {}

  start(): void {
    const tickMs = Math.min(LONGEST_TICK_MS, Math.max(100, this.options.everyMs / 10));
    this.timer = setInterval(() => this.tick(), tickMs);
  }

  /** Ends after the looks that are under way. */
  async stop(): Promise<void> {
    this.hasStopped = true;
    clearInterval(this.timer);
    await this.claiming;
    await Promise.all(this.looking);
  }

  /** Takes what is due now; nothing once it was stopped. */
  tick(): void {
    if (this.hasStopped) return;
    this.claiming ??= this.claim()
      .catch((error: unknown) => this.ports.onError(error))
      .finally(() => {
        this.claiming = undefined;
      });
  }

  private async claim(): Promise<void> {
    const most = AT_ONCE - this.looking.size;
    if (most <= 0) return;
    for (const node of await this.ports.claim(LEASE_MS, most)) {
      const look = this.ports
        .look(node, LEASE_MS)
        .catch((error: unknown) => this.ports.onError(error, node))
        .finally(() => this.looking.delete(look));
      this.looking.add(look);
    }
  }
}
