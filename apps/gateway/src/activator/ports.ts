/** Says which backends have an instance that requests can be sent to now. */
export interface Readiness {
  readyOf(backends: readonly string[]): Promise<readonly string[]>;
  /** The backend to which the requests of one go: another one of its service, where `readyOf` saw an instance only there. */
  placeOf(backend: string): string;
}
