/** A host that this replica decides for. */
export interface HeldHost {
  readonly host: string;
  /** Rises with each take-over, over all hosts. */
  readonly fence: number;
}

/** Leases of hosts, shared by all replicas. */
export interface HostLeases {
  /** Renews those of `hosts` that are held, takes those that nobody holds; those that another replica holds are left out. */
  hold(hosts: readonly string[]): Promise<readonly HeldHost[]>;
  /** Lets others have them at once. */
  release(hosts: readonly string[]): Promise<void>;
}
