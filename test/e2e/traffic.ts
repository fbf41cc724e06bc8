import { setTimeout as delay } from 'node:timers/promises';
import { type RegistryRow, registryRows } from './world.js';

const EVERY_MS = 20;

/** A client that follows the registry: every 20 ms one request to an instance that it says is running, in turn. */
export class Traffic {
  /** What went wrong, and when. */
  readonly failures: string[] = [];
  /** How many instances were running when the fewest were. */
  fewest = Infinity;
  /** Answers, by what they said. */
  readonly answers = new Map<string, number>();
  private readonly underWay = new Set<Promise<void>>();
  private readonly over = new AbortController();
  private readonly loop: Promise<void>;

  constructor(
    private readonly appId: string,
    /** What the registry says of the application; of the platform, where it is left out. */
    private readonly rowsOf: (appId: string) => Promise<readonly RegistryRow[]> = registryRows,
  ) {
    this.loop = this.send();
  }

  /** After the last answer. */
  async stop(): Promise<void> {
    this.over.abort();
    await this.loop;
    await Promise.all(this.underWay);
  }

  private async send(): Promise<void> {
    for (let turn = 0; !this.over.signal.aborted; turn += 1) {
      const running = (await this.rowsOf(this.appId)).filter(({ state }) => state === 'running');
      this.fewest = Math.min(this.fewest, running.length);
      const url = running[turn % running.length]?.url;
      if (url === undefined) this.failures.push('nothing is running');
      else this.track(this.ask(url));
      await delay(EVERY_MS);
    }
  }

  private track(request: Promise<void>): void {
    this.underWay.add(request);
    void request.finally(() => this.underWay.delete(request));
  }

  private async ask(url: string): Promise<void> {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
      const said = await response.text();
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      this.answers.set(said, (this.answers.get(said) ?? 0) + 1);
    } catch (error) {
      const { message, cause } = error as Error;
      this.failures.push(`${url}: ${message} ${cause instanceof Error ? cause.message : ''}`);
    }
  }
}
