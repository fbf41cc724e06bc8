interface Timed {
  /** RFC 3339 in UTC. */
  readonly at: string;
}

interface Partition<T> {
  readonly waiting: { readonly event: T; readonly atMs: number }[];
  /** Of the last event that was read. What comes next is not earlier, as far as the writers' clocks agree. */
  reachedMs: number;
  isEnded: boolean;
}

interface MergeOptions<T> {
  readonly partitions: readonly number[];
  readonly isWanted: (event: T) => boolean;
  readonly print: (event: T) => void;
}

/**
 * Merges partitions that are each in order into the order of time, while they are read. An event is printed once no
 * partition can have an earlier one. So only those wait that lie ahead of the slowest partition. What one partition has
 * first stays first: clocks differ.
 */
export class MergeByTime<T extends Timed> {
  private readonly partitions: ReadonlyMap<number, Partition<T>>;

  constructor(private readonly options: MergeOptions<T>) {
    this.partitions = new Map(
      options.partitions.map((partition) => [
        partition,
        { waiting: [], reachedMs: -Infinity, isEnded: false },
      ]),
    );
  }

  /** An event that is not wanted still says how far its partition has been read. */
  add(partition: number, event: T): void {
    const of = this.of(partition);
    of.reachedMs = Date.parse(event.at);
    if (this.options.isWanted(event)) of.waiting.push({ event, atMs: of.reachedMs });
    this.printDue();
  }

  end(partition: number): void {
    this.of(partition).isEnded = true;
    this.printDue();
  }

  private printDue(): void {
    for (let next = this.first(); next !== undefined; next = this.first()) this.options.print(next);
  }

  /** Takes the first event of all, if it is known. */
  private first(): T | undefined {
    let first: Partition<T> | undefined;
    let firstMs = Infinity;
    let unknownMs = Infinity;
    for (const of of this.partitions.values()) {
      const [head] = of.waiting;
      if (head === undefined) unknownMs = of.isEnded ? unknownMs : Math.min(unknownMs, of.reachedMs);
      else if (head.atMs < firstMs) [first, firstMs] = [of, head.atMs];
    }
    return firstMs <= unknownMs ? first?.waiting.shift()?.event : undefined;
  }

  private of(partition: number): Partition<T> {
    const found = this.partitions.get(partition);
    if (found === undefined) throw new RangeError(`no partition ${partition}`);
    return found;
  }
}
