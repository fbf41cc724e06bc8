/** What the gateways measured of one instance last. */
export interface InstanceFigures {
  readonly requestsPerSecond: number;
  readonly inFlight: number;
  /** Milliseconds until an answer; absent where there was none. */
  readonly meanMs?: number;
  readonly errorsPerSecond: number;
  /** Milliseconds since 1970, by the database's clock. */
  readonly at: number;
}
