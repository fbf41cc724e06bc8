/** Says whose requests come here, and where they can be sent. Services are named by their ids. */
export interface Readiness {
  /** Whose requests come to a backend; undefined where it is nobody's. */
  serviceAt(backend: string): string | undefined;
  /** Not one that should not run, or that is not carried any more. */
  mayWait(service: string): boolean;
  /** Those of these services that have an instance to which requests can be sent now, and the backends that have one. */
  readyOf(services: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>>;
}
