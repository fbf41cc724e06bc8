/** How every consumer of ours is a member of its group. */
export const membership = {
  /** How long a killed replica's partitions lie still, and its group can take nobody in; brokers allow no less. */
  sessionTimeout: 6_000,
  /** The others hear of a member's coming or leaving at their next heartbeat. */
  heartbeatInterval: 500,
} as const;
