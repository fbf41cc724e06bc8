import { Arena } from './arena.js';
import {
  allocatedPercent,
  imbalancePercent,
  quantile,
  spreadPercent,
  strandedPercent,
  zoneSpreadPercent,
} from './figures.js';
import { seeded } from './random.js';
import type { Scheduler } from './schedulers.js';
import type { SimInstance, Workload } from './workload.js';

export interface RunFigures {
  readonly scheduler: string;
  readonly nodes: number;
  readonly instances: number;
  /** Decisions in a second of processor time. */
  readonly perSecond: number;
  /** Of a decision, by the clock: also what other processes took meanwhile. */
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** See `strandedPercent`: when nine tenths of what the fleet has were asked for, and at the end. */
  readonly strandedPercent: number;
  readonly strandedAtEndPercent: number;
  readonly allocatedPercent: number;
  /** When half was asked for. */
  readonly imbalancePercent: number;
  readonly spreadPercent: number;
  readonly zoneSpreadPercent: number;
  /** After instances came and went, at nine tenths. */
  readonly strandedAfterChurnPercent: number;
  /** Of the instances on lost nodes, those that found another one. */
  readonly movedPercent: number;
  /** Places that would have been over the capacity of their node. */
  readonly overCapacity: number;
}

interface Placed {
  readonly node: number;
  readonly instance: SimInstance;
}

/** One scheduler on one fleet: filled, shaken, and robbed of nodes. */
export class Run {
  private readonly arena: Arena;
  private readonly scheduler: Scheduler;
  private readonly millis: number[] = [];
  private cpuMicros = 0;
  private overCapacity = 0;
  private readonly live: Placed[] = [];

  constructor(
    private readonly workload: Workload,
    create: (arena: Arena) => Scheduler,
  ) {
    this.arena = new Arena(workload.nodes);
    this.scheduler = create(this.arena);
  }

  /** `load`: what the workload asks for, of what the fleet has. */
  figures(load: number, signal: AbortSignal): RunFigures {
    const { arena, workload } = this;
    const { shapes, nodes } = workload;
    const at = (share: number): number => Math.floor((workload.instances.length * share) / load);
    const [half, nearlyFull] = [at(0.5), at(0.9)];
    const first = this.fill(0, half, signal);
    const imbalance = imbalancePercent(arena);
    const [spread, zoneSpread] = [spreadPercent(first), zoneSpreadPercent(first, nodes)];
    this.fill(half, nearlyFull, signal);
    const stranded = strandedPercent(arena, shapes);
    const churned = this.churn(Math.min(20_000, nearlyFull), signal);
    const moved = this.loseNodes(Math.ceil(arena.count / 100));
    this.fill(nearlyFull, workload.instances.length, signal);
    return {
      ...{ scheduler: this.scheduler.name, nodes: arena.count, instances: workload.instances.length },
      perSecond: (this.millis.length * 1_000_000) / this.cpuMicros,
      ...{ p50Ms: quantile(this.millis, 0.5), p99Ms: quantile(this.millis, 0.99) },
      ...{ strandedPercent: stranded, strandedAtEndPercent: strandedPercent(arena, shapes) },
      ...{ allocatedPercent: allocatedPercent(arena), imbalancePercent: imbalance },
      ...{ spreadPercent: spread, zoneSpreadPercent: zoneSpread },
      ...{ strandedAfterChurnPercent: churned, movedPercent: moved, overCapacity: this.overCapacity },
    };
  }

  /** @returns by service, where its instances of this part are */
  private fill(from: number, to: number, signal: AbortSignal): Map<number, number[]> {
    const placed = new Map<number, number[]>();
    const cpu = process.cpuUsage();
    for (const instance of this.workload.instances.slice(from, to)) {
      if (this.millis.length % 1_000 === 0) signal.throwIfAborted();
      const node = this.place(instance);
      if (node !== undefined) placed.set(instance.service, [...(placed.get(instance.service) ?? []), node]);
    }
    const { user, system } = process.cpuUsage(cpu);
    this.cpuMicros += user + system;
    return placed;
  }

  private place(instance: SimInstance): number | undefined {
    const started = performance.now();
    const node = this.scheduler.choose(instance);
    this.millis.push(performance.now() - started);
    if (node !== undefined) this.settle(node, instance);
    return node;
  }

  private settle(node: number, instance: SimInstance): void {
    if (!this.arena.fits(node, instance)) this.overCapacity += 1;
    this.arena.take(node, instance);
    this.scheduler.taken?.(node, instance);
    this.live.push({ node, instance });
  }

  /** An instance ends, and one of another size takes its turn. */
  private churn(steps: number, signal: AbortSignal): number {
    const random = seeded(5);
    for (let step = 0; step < steps; step += 1) {
      if (step % 1_000 === 0) signal.throwIfAborted();
      const at = Math.floor(random() * this.live.length);
      const ended = this.live[at];
      const last = this.live.pop();
      if (ended === undefined || last === undefined) break;
      if (at < this.live.length) this.live[at] = last;
      this.arena.give(ended.node, ended.instance);
      this.scheduler.given?.(ended.node, ended.instance);
      const next = this.workload.instances[Math.floor(random() * this.workload.instances.length)];
      if (next !== undefined) this.untimed(next);
    }
    return strandedPercent(this.arena, this.workload.shapes);
  }

  private loseNodes(count: number): number {
    const lost = new Set(Array.from({ length: count }, (_, index) => index * 37));
    for (const node of lost) {
      this.arena.lost[node] = 1;
      this.scheduler.lost?.(node);
    }
    const homeless = this.live.filter(({ node }) => lost.has(node));
    const moved = homeless.filter(({ instance }) => this.untimed(instance) !== undefined);
    return (100 * moved.length) / Math.max(1, homeless.length);
  }

  private untimed(instance: SimInstance): number | undefined {
    const node = this.scheduler.choose(instance);
    if (node !== undefined) this.settle(node, instance);
    return node;
  }
}
