import type { Consumer } from 'kafkajs';

/** How every consumer of ours is a member of its group. */
export const membership = {
  /** How long a killed replica's partitions lie still, and its group can take nobody in; brokers allow no less. */
  sessionTimeout: 6_000,
  /** The others hear of a member's coming or leaving at their next heartbeat. */
  heartbeatInterval: 500,
} as const;

/** Resolves when the consumer is a member of its group. Rejects when it ends for good before. */
export function joining(consumer: Consumer): Promise<void> {
  const joined = Promise.withResolvers<void>();
  // It may fail before anybody waits for it.
  joined.promise.catch(() => undefined);
  consumer.on(consumer.events.GROUP_JOIN, () => joined.resolve());
  consumer.on(consumer.events.CRASH, ({ payload }) => {
    if (!payload.restart) joined.reject(payload.error);
  });
  return joined.promise;
}
