import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';

/** A request that was not answered with 200. */
export interface Failure {
  readonly method: 'GET' | 'POST';
  readonly sentMs: number;
  readonly endedMs: number;
  readonly why: string;
}

interface SteadyLoadOptions {
  readonly port: number;
  readonly host: string;
  readonly perSecond: number;
  /** One in so many is a POST, which nobody may send again. */
  readonly postEvery: number;
}

const CONNECTIONS = 256;
const LONGEST_MS = 30_000;
/** So many latencies are kept, the first ones. */
const KEPT = 2_000_000;

/** So many requests a second, whether or not those before them are answered, until it is stopped. */
export class SteadyLoad {
  readonly failures: Failure[] = [];
  readonly latenciesMs: number[] = [];
  sent = 0;
  private readonly pool: Pool;
  private readonly open = new Set<Promise<void>>();
  private isOver = false;
  private readonly loop: Promise<void>;

  constructor(private readonly options: SteadyLoadOptions) {
    this.pool = new Pool(`http://127.0.0.1:${options.port}`, {
      ...{ connections: CONNECTIONS, headersTimeout: LONGEST_MS, bodyTimeout: LONGEST_MS },
    });
    this.loop = this.send();
  }

  /** Resolves when all are answered. */
  async stop(): Promise<void> {
    this.isOver = true;
    await this.loop;
    await Promise.all(this.open);
    await this.pool.destroy();
  }

  private async send(): Promise<void> {
    const { perSecond, postEvery } = this.options;
    const begun = performance.now();
    while (!this.isOver) {
      const due = ((performance.now() - begun) / 1_000) * perSecond;
      for (; this.sent < due; this.sent += 1) {
        const one = this.ask(this.sent % postEvery === 0 ? 'POST' : 'GET');
        this.open.add(one);
        void one.then(() => this.open.delete(one));
      }
      await delay(1);
    }
  }

  private async ask(method: 'GET' | 'POST'): Promise<void> {
    const sentMs = performance.now();
    const body = method === 'POST' ? 'x' : null;
    const why = await this.pool
      .request({ method, path: '/', headers: { host: this.options.host }, body })
      .then(async ({ statusCode, body: answer }) => {
        const text = await answer.text();
        return statusCode === 200 ? undefined : `${statusCode} ${text.trim()}`;
      })
      .catch((error: unknown) => String(error));
    const endedMs = performance.now();
    if (why !== undefined) this.failures.push({ method, sentMs, endedMs, why });
    else if (this.latenciesMs.length < KEPT) this.latenciesMs.push(endedMs - sentMs);
  }
}

/** So long after a kill a request that was in flight there may fail: its connection is cut at once. */
const AFTER_KILL_MS = 1_000;

/**
 * Failures that must not be: of a request that may be sent again, or of one that was not under way while an instance was
 * killed. `kills` are when a kill was begun and when it was done.
 */
export const unexcused = (
  failures: readonly Failure[],
  kills: readonly { readonly begunMs: number; readonly doneMs: number }[],
): readonly Failure[] =>
  failures.filter(
    ({ method, sentMs, endedMs }) =>
      method === 'GET' ||
      !kills.some(
        ({ begunMs, doneMs }) => sentMs <= doneMs && endedMs >= begunMs && endedMs <= doneMs + AFTER_KILL_MS,
      ),
  );
