import { setTimeout as delay } from 'node:timers/promises';
import { askGateway } from './gateway.js';
import { type RegistryRow, registryRows } from './world.js';

const EVERY_MS = 20;

/** What the registry says of an application. */
type RowsOf = (appId: string) => Promise<readonly RegistryRow[]>;

/**
 * A client that asks the service `web` of an application every 20 ms: through the gateway, or, where it is told which
 * registry to read, an instance that this one says is running, in turn.
 */
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
    private readonly without?: { readonly rowsOf: RowsOf },
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
    const rowsOf = this.without?.rowsOf ?? registryRows;
    for (let turn = 0; !this.over.signal.aborted; turn += 1) {
      const running = (await rowsOf(this.appId)).filter(({ state }) => state === 'running');
      this.fewest = Math.min(this.fewest, running.length);
      if (this.without === undefined) this.track(this.ask(() => this.throughGateway()));
      else this.track(this.ask(() => directly(running[turn % running.length]?.url)));
      await delay(EVERY_MS);
    }
  }

  private track(request: Promise<void>): void {
    this.underWay.add(request);
    void request.finally(() => this.underWay.delete(request));
  }

  private async ask(request: () => Promise<string>): Promise<void> {
    try {
      const said = await request();
      this.answers.set(said, (this.answers.get(said) ?? 0) + 1);
    } catch (error) {
      const { cause } = error as Error;
      this.failures.push(`${String(error)} ${cause instanceof Error ? cause.message : ''}`);
    }
  }

  private async throughGateway(): Promise<string> {
    const { status, body } = await askGateway(`web.${this.appId}.localhost`);
    if (status !== 200) throw new Error(`HTTP ${status}: ${body}`);
    return body;
  }
}

async function directly(url: string | undefined): Promise<string> {
  if (url === undefined) throw new Error('nothing is running');
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const said = await response.text();
  if (!response.ok) throw new Error(`${url}: HTTP ${response.status}`);
  return said;
}
