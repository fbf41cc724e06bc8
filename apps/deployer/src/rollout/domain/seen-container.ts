/** A container as the node's engine lists it. */
export interface SeenContainer {
  readonly id: string;
  readonly name: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly status: string;
  /** Within the last minute, or it is about to be started again; where that was asked. */
  readonly hasJustStarted?: boolean;
  /** How often its engine has started it again by itself; where that was asked. */
  readonly restartCount?: number;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}
