/** A container as the node's engine lists it. */
export interface SeenContainer {
  readonly id: string;
  readonly name: string;
  /** created, running, paused, restarting, removing, exited or dead. */
  readonly status: string;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
}
