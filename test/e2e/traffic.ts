import { setTimeout as delay } from 'node:timers/promises';
import { askGateway } from './gateway.js';
import { registryRows } from './world.js';

const EVERY_MS = 20;

/** A client that knows the gateway alone: every 20 ms one request to the service `web` of an application. */
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

  constructor(private readonly appId: string) {
    this.loop = this.send();
  }

  /** After the last answer. */
  async stop(): Promise<void> {
    this.over.abort();
    await this.loop;
    await Promise.all(this.underWay);
  }

  private async send(): Promise<void> {
    while (!this.over.signal.aborted) {
      const running = (await registryRows(this.appId)).filter(({ state }) => state === 'running');
      this.fewest = Math.min(this.fewest, running.length);
      this.track(this.ask());
      await delay(EVERY_MS);
    }
  }

  private track(request: Promise<void>): void {
    this.underWay.add(request);
    void request.finally(() => this.underWay.delete(request));
  }

  private async ask(): Promise<void> {
    try {
      const { status, body } = await askGateway(`web.${this.appId}.localhost`);
      if (status !== 200) throw new Error(`HTTP ${status}: ${body}`);
      this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
    } catch (error) {
      this.failures.push(String(error));
    }
  }
}
