/** How one service does, summed over gateways. */
export interface ServiceTraffic {
  /** Requests that came in, without health checks. */
  readonly requestsPerSecond: number;
  /** Requests at instances. */
  readonly inFlight: number;
  /** For an instance with room, or for one that can be reached at all. */
  readonly waiting: number;
  /** In milliseconds; the mean over gateways by their requests. Undefined where nothing was answered lately. */
  readonly p95Ms?: number;
  /** Answers of 500 or more, and answers that broke off. */
  readonly errorsPerSecond: number;
  /** In milliseconds since 1970, by this process's clock. Undefined where no gateway saw any since its start. */
  readonly lastRequestAt?: number;
  /** When the gateway that was heard of first among these said so, as of `lastRequestAt`. */
  readonly at: number;
}

/** How one instance does, summed over gateways. */
export interface InstanceTraffic {
  readonly requestsPerSecond: number;
  readonly inFlight: number;
  /** In milliseconds, as of a service. */
  readonly meanMs?: number;
  readonly p95Ms?: number;
  readonly errorsPerSecond: number;
  readonly at: number;
}
