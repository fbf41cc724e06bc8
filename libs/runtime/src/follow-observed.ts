import { topics } from '#libs/contracts';
import { tailShared } from '#libs/kafka';
import type { ObservedShare } from '#libs/observations';
import type { Runtime } from './runtime.js';

/** Whose share of the nodes a replica reads, and how far back it begins. */
export interface FollowedShare {
  readonly groupId: string;
  readonly backMs: number;
  readonly share: ObservedShare;
}

/** Reads a replica's share of the nodes' seconds for as long as it lives. */
export const followObserved = (
  { kafka, clock, logger }: Pick<Runtime, 'kafka' | 'clock' | 'logger'>,
  { groupId, backMs, share }: FollowedShare,
): Promise<{ stop(): Promise<void> }> =>
  tailShared(kafka, {
    ...{ topic: topics.nodeObserved, groupId },
    ...{ backMs, now: () => clock.now() },
    onMessage: (message) => share.take(message),
    onLost: (partitions) => share.lost(partitions),
    onError: (err) => logger.warn({ err }, 'observed seconds are not read; it is tried again'),
  });
