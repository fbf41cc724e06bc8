/** Says which backends have an instance that requests can be sent to now. */
export interface Readiness {
  readyOf(backends: readonly string[]): Promise<readonly string[]>;
}
