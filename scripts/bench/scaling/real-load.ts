import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { SAID } from './queue-service.js';

interface LoadOptions {
  /** Of the gateway. */
  readonly port: number;
  readonly host: string;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

/** What happened within one second of the load. */
export interface LoadSecond {
  readonly sent: number;
  readonly answered: number;
  readonly failed: number;
  /** Under way at its end. */
  readonly open: number;
  readonly p95Ms?: number;
}

const CONNECTIONS = 1_024;
/** What is not answered by then has failed. */
const LONGEST_MS = 35_000;

/** Requests that come at random times, so many a second on average, whether or not those before them are answered. */
export class RealLoad {
  /** The first answers of each instance that has answered, by the clock of this process in milliseconds. */
  readonly firstAnswers = new Map<string, number>();
  /** What went wrong, by its text. */
  readonly failures = new Map<string, number>();
  perSecond = 0;
  sent = 0;
  private readonly pool: Pool;
  private readonly open = new Set<Promise<void>>();
  private readonly loop: Promise<void>;
  private times: number[] = [];
  private since = { sent: 0, failed: 0 };
  private failed = 0;
  private isOver = false;

  constructor(private readonly options: LoadOptions) {
    const timeouts = { headersTimeout: LONGEST_MS, bodyTimeout: LONGEST_MS };
    this.pool = new Pool(`http://127.0.0.1:${options.port}`, { connections: CONNECTIONS, ...timeouts });
    this.loop = this.send();
  }

  get failedInAll(): number {
    return this.failed;
  }

  /** What happened since the last call. */
  take(): LoadSecond {
    const times = this.times.toSorted((a, b) => a - b);
    const p95Ms = times[Math.ceil(times.length * 0.95) - 1];
    const { sent, failed, open } = this;
    const second = {
      ...{ sent: sent - this.since.sent, failed: failed - this.since.failed },
      ...{ answered: times.length, open: open.size },
      ...(p95Ms !== undefined && { p95Ms }),
    };
    [this.times, this.since] = [[], { sent, failed }];
    return second;
  }

  /** Resolves when all are answered. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.loop;
    await Promise.all(this.open);
    await this.pool.destroy();
  }

  private async send(): Promise<void> {
    const { random, signal } = this.options;
    let dueMs = performance.now();
    while (!this.isOver && !signal.aborted) {
      const nowMs = performance.now();
      if (this.perSecond === 0) dueMs = nowMs;
      for (
        ;
        this.perSecond > 0 && dueMs <= nowMs;
        dueMs += (-Math.log(1 - random()) * 1_000) / this.perSecond
      ) {
        const one = this.ask();
        this.open.add(one);
        void one.then(() => this.open.delete(one));
      }
      await delay(1);
    }
  }

  private async ask(): Promise<void> {
    this.sent += 1;
    const sentMs = performance.now();
    const why = await this.pool
      .request({ method: 'GET', path: '/', headers: { host: this.options.host } })
      .then(
        async ({ statusCode, headers, body }) => {
          await body.dump();
          if (statusCode !== 200) return `HTTP ${statusCode}`;
          const instance = String(headers[SAID.instance]);
          if (!this.firstAnswers.has(instance)) this.firstAnswers.set(instance, performance.now());
          return undefined;
        },
        (error: unknown) => String(error),
      );
    if (why === undefined) this.times.push(performance.now() - sentMs);
    else {
      this.failed += 1;
      this.failures.set(why, (this.failures.get(why) ?? 0) + 1);
    }
  }
}
