import type { Figures } from '../../../apps/load-balancer/src/scaling/domain/figures.js';

/** One instance of the simulated service. */
export interface ServiceShape {
  /** Requests that it works on at once. */
  readonly workers: number;
  /** Of work for one request. */
  readonly serviceMs: number;
  /** From the decision to its first request. */
  readonly startMs: number;
}

/** What everybody sees of the service in one second. */
export interface Second {
  readonly now: number;
  readonly ready: number;
  readonly figures: Figures;
  /** Offered load by what the ready instances can carry; above 1 a queue grows. */
  readonly utilisation: number;
  readonly backlog: number;
}

const MOST_LATENCY_MS = 30_000;

/** How many requests one instance can answer a second. */
export const capacityOf = ({ workers, serviceMs }: ServiceShape): number => (workers * 1_000) / serviceMs;

/** Requests of an instance at once while it is used by so much, without its queue. */
export const concurrencyAt = ({ workers }: ServiceShape, utilisation: number): number =>
  workers * utilisation;

/**
 * A service behind a gateway: a queue before many servers. What waits by chance is Sakasegawa's approximation of M/M/c
 * (1977: An approximation formula), what waits for want of capacity is counted. Instances start after a delay, and end at
 * once, since what they hold is drained. Times in milliseconds.
 */
export class SimulatedService {
  private ready: number;
  private starting: readonly number[] = [];
  private backlog = 0;
  wanted: number;
  instanceSeconds = 0;

  constructor(
    private readonly shape: ServiceShape,
    count: number,
  ) {
    this.ready = count;
    this.wanted = count;
  }

  scale(wanted: number, now: number): void {
    const more = wanted - this.wanted;
    this.wanted = wanted;
    if (more > 0) {
      const starts = Array.from({ length: more }, () => now + this.shape.startMs);
      this.starting = [...this.starting, ...starts];
      return;
    }
    const given = Math.min(-more, this.starting.length);
    this.starting = this.starting.slice(0, this.starting.length - given);
    this.ready += more + given;
  }

  /** A second in which so many requests come. */
  second(now: number, arrivals: number): Second {
    this.ready += this.starting.filter((at) => at <= now).length;
    this.starting = this.starting.filter((at) => at > now);
    this.instanceSeconds += this.wanted;
    const capacity = this.ready * capacityOf(this.shape);
    const offered = arrivals + this.backlog;
    const served = Math.min(offered, capacity);
    this.backlog = offered - served;
    return this.seen(now, arrivals, capacity, served);
  }

  private seen(now: number, arrivals: number, capacity: number, served: number): Second {
    const { shape, ready, backlog } = this;
    const utilisation = capacity === 0 ? (arrivals > 0 ? Infinity : 0) : arrivals / capacity;
    const busy = capacity === 0 ? 0 : served / capacity;
    const servers = Math.max(1, ready * shape.workers);
    const inService = servers * busy;
    const calm = Math.min(busy, 0.98);
    const byChance = ready === 0 ? 0 : calm ** Math.sqrt(2 * (servers + 1)) / (1 - calm);
    const waits = backlog + byChance;
    const waitMs = capacity === 0 ? MOST_LATENCY_MS : (waits / capacity) * 1_000;
    const p95Ms = Math.min(MOST_LATENCY_MS, 3 * shape.serviceMs + waitMs);
    const cpuPercent = busy * 100;
    const score = scoreOf(cpuPercent, p95Ms / (3 * shape.serviceMs));
    const instance = { cpuPercent, memoryPercent: 30, score: { overall: score, lowest: 100 - cpuPercent } };
    return {
      ...{ now, ready, utilisation, backlog },
      figures: {
        instances: Array.from({ length: ready }, () => instance),
        traffic: {
          requestsPerSecond: arrivals,
          inFlight: inService + byChance + (ready === 0 ? 0 : backlog),
          waiting: ready === 0 ? backlog : 0,
          ...(arrivals > 0 && { p95Ms }),
          ...(arrivals > 0 && { lastRequestAt: now }),
        },
      },
    };
  }
}

/** The second seed's weights: .35 CPU, .25 memory, .15 network, .25 availability, which falls with the time of answers. */
const scoreOf = (cpuPercent: number, slowness: number): number =>
  0.35 * (100 - cpuPercent) + 0.25 * 70 + 0.15 * 100 + 0.25 * (100 / Math.max(1, slowness) ** 1.5);
