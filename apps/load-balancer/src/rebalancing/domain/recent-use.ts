/** What one node used in one second. */
export interface UsedSecond {
  readonly node: string;
  readonly atMs: number;
  /** Cores of the machine. */
  readonly cpus: number;
  /** Cores in use on the whole machine. */
  readonly used: number;
  /** Cores of each instance that runs there, by name; null where it was not measured in this second. */
  readonly instances: ReadonlyMap<string, number | null>;
}

/** A mean that follows: what was is forgotten at the rate of the time that it is kept over. */
interface Mean {
  readonly sinceMs: number;
  readonly atMs: number;
  readonly count: number;
  readonly value: number;
}

interface NodeMeans {
  readonly sinceMs: number;
  readonly atMs: number;
  readonly cpus: number;
  /** Of what is no instance; undefined until it was measured. */
  readonly others: Mean | undefined;
  readonly instances: ReadonlyMap<string, Mean>;
}

/**
 * `gap`: nobody measures it, or has not for long. `settling`: the node, or an instance that runs there, was not watched
 * for long enough.
 */
export type NodeFigures =
  | {
      readonly kind: 'known';
      readonly cpus: number;
      /** Cores, as all that runs there now used them of late. */
      readonly used: number;
      /** Cores of each instance, by name. */
      readonly instances: ReadonlyMap<string, number>;
    }
  | { readonly kind: 'settling' }
  | { readonly kind: 'gap' };

export interface RecentUseRules {
  /** Means are kept over so long. */
  readonly overMs: number;
  /** What was not measured for longer is not known. */
  readonly silentMs: number;
}

/**
 * What nodes and instances used of late, as exponentially weighted means. The load of a node is that of what runs there
 * now: an instance that has left is not in it any more, at once, and one that has come counts by what it used itself. So a
 * move shows in the next figures, and no second move is made for the same reason.
 */
export class RecentUse {
  private readonly nodes = new Map<string, NodeMeans>();
  private sweptAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly rules: RecentUseRules) {}

  /** How many nodes something is known of. */
  get size(): number {
    return this.nodes.size;
  }

  add({ node, atMs, cpus, used, instances }: UsedSecond): void {
    this.sweep(atMs);
    const before = this.nodes.get(node);
    if (before !== undefined && atMs <= before.atMs) return;
    const known = before !== undefined && !this.isSilent(before, atMs) ? before : undefined;
    const means = new Map<string, Mean>();
    let own: number | undefined = 0;
    for (const [name, cpu] of instances) {
      own = own === undefined || cpu === null ? undefined : own + cpu;
      const mean = this.next(known?.instances.get(name), cpu, atMs);
      if (mean !== undefined) means.set(name, mean);
    }
    const others = this.next(known?.others, own === undefined ? null : Math.max(0, used - own), atMs);
    this.nodes.set(node, { sinceMs: known?.sinceMs ?? atMs, atMs, cpus, others, instances: means });
  }

  of(node: string, nowMs: number): NodeFigures {
    const means = this.nodes.get(node);
    if (means === undefined || this.isSilent(means, nowMs)) return { kind: 'gap' };
    const all = [means.others, ...means.instances.values()];
    if (means.atMs - means.sinceMs < this.rules.overMs || !all.every((mean) => this.isSettled(mean, nowMs)))
      return { kind: 'settling' };
    const instances = new Map([...means.instances].map(([name, { value }]) => [name, value]));
    const used = all.reduce((sum, mean) => sum + (mean?.value ?? 0), 0);
    return { kind: 'known', cpus: means.cpus, used, instances };
  }

  /** Nodes go, and others come under new names. What is silent is a gap, whether it is kept or not. */
  private sweep(nowMs: number): void {
    if (nowMs - this.sweptAtMs <= this.rules.silentMs) return;
    this.sweptAtMs = nowMs;
    for (const [node, means] of this.nodes) if (this.isSilent(means, nowMs)) this.nodes.delete(node);
  }

  private next(before: Mean | undefined, value: number | null, atMs: number): Mean | undefined {
    if (value === null) return before;
    if (before === undefined) return { sinceMs: atMs, atMs, count: 1, value };
    const count = before.count + 1;
    // The plain mean at first: what was seen first would weigh too much.
    const weight = Math.max(1 / count, 1 - Math.exp((before.atMs - atMs) / this.rules.overMs));
    return { ...before, atMs, count, value: before.value + weight * (value - before.value) };
  }

  private isSettled(mean: Mean | undefined, nowMs: number): boolean {
    return mean !== undefined && mean.atMs - mean.sinceMs >= this.rules.overMs && !this.isSilent(mean, nowMs);
  }

  private isSilent({ atMs }: { readonly atMs: number }, nowMs: number): boolean {
    return nowMs - atMs > this.rules.silentMs;
  }
}
