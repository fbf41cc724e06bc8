import { groupOf, nodeObserved, topics } from '#libs/contracts';
import { type TailedMessage, tailShared } from '#libs/kafka';
import { NodeObservations, type ObservedNode } from '#libs/observations';
import type { Runtime } from '#libs/runtime';

/** So far back a replica begins. In ten seconds each node sends a whole, and windows of rules are of tens of seconds. */
const BACK_MS = 60_000;

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

  take({ partition, data }: Pick<TailedMessage, 'partition' | 'data'>): void {
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

/** Reads this replica's share for as long as it lives. */
export const followShare = (
  { kafka, clock, logger }: Pick<Runtime, 'kafka' | 'clock' | 'logger'>,
  share: ObservedShare,
): Promise<{ stop(): Promise<void> }> =>
  tailShared(kafka, {
    ...{ topic: topics.nodeObserved, groupId: groupOf('rescaler', topics.nodeObserved) },
    ...{ backMs: BACK_MS, now: () => clock.now() },
    onMessage: (message) => share.take(message),
    onLost: (partitions) => share.lost(partitions),
    onError: (err) => logger.warn({ err }, 'observed seconds are not read; it is tried again'),
  });
