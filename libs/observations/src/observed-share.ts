import { nodeObserved } from '#libs/contracts';
import { NodeObservations } from './node-observations.js';
import type { ObservedNode } from './observed-node.js';

interface ObservedShareParts {
  onSecond(second: ObservedNode): void;
  /** Of a node that belongs to another replica from now on. */
  onLost(node: string): void;
}

/** The seconds of the nodes whose partitions this replica reads. */
export class ObservedShare {
  private readonly observations = new NodeObservations();
  private readonly partitions = new Map<string, number>();

  constructor(private readonly parts: ObservedShareParts) {}

  take({ partition, data }: { readonly partition: number; readonly data: unknown }): void {
    const read = nodeObserved.schema.safeParse(data);
    // What cannot be read is none: the next whole message says all.
    if (!read.success) return;
    this.partitions.set(read.data.node, partition);
    const observed = this.observations.take(read.data);
    if (observed.kind === 'observed') this.parts.onSecond(observed.node);
  }

  lost(partitions: readonly number[]): void {
    for (const [node, partition] of this.partitions) {
      if (!partitions.includes(partition)) continue;
      this.partitions.delete(node);
      this.observations.forget(node);
      this.parts.onLost(node);
    }
  }
}
