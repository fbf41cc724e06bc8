import { Agent, get } from 'node:http';
import { rateOf, type Wave } from './load-wave.js';

const TICK_MS = 50;
/** What is not answered does not pile up for ever. */
const MOST_OPEN = 500;

interface Target {
  /** Where the gateway takes requests. */
  readonly trafficUrl: string;
  readonly host: string;
  readonly path: string;
}

/** How the requests of some time went. */
export interface Went {
  readonly answered: number;
  readonly failed: number;
  readonly p95Ms?: number;
}

/** Asks as often as the wave says, whether answers come or not: as many users do who know nothing of each other. */
export class LoadRequests {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: MOST_OPEN });
  private readonly begunMs = performance.now();
  private timer: NodeJS.Timeout | undefined;
  private askedMs = performance.now();
  private owed = 0;
  private open = 0;
  private times: number[] = [];
  private failed = 0;

  constructor(
    private readonly target: Target,
    private readonly wave: Wave,
  ) {}

  get rate(): number {
    return rateOf(this.wave, performance.now() - this.begunMs);
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), TICK_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    this.agent.destroy();
  }

  /** Since the last call. */
  take(): Went {
    const times = this.times.toSorted((a, b) => a - b);
    const p95Ms = times[Math.ceil(times.length * 0.95) - 1];
    const went = { answered: times.length, failed: this.failed, ...(p95Ms !== undefined && { p95Ms }) };
    [this.times, this.failed] = [[], 0];
    return went;
  }

  private tick(): void {
    const nowMs = performance.now();
    this.owed += (this.rate * (nowMs - this.askedMs)) / 1_000;
    this.askedMs = nowMs;
    for (; this.owed >= 1; this.owed -= 1) this.ask();
  }

  private ask(): void {
    if (this.open >= MOST_OPEN) {
      this.failed += 1;
      return;
    }
    const { trafficUrl, host, path } = this.target;
    const begunMs = performance.now();
    this.open += 1;
    const { agent } = this;
    const request = get(new URL(path, trafficUrl), { agent, headers: { host } }, (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) this.times.push(performance.now() - begunMs);
        else this.failed += 1;
      });
    });
    request.on('error', () => (this.failed += 1)).once('close', () => (this.open -= 1));
  }
}
