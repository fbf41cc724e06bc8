/** Cores and mebibytes. */
export interface Resources {
  readonly cpu: number;
  readonly memoryMiB: number;
}

export const NOTHING_RESERVED: Resources = { cpu: 0, memoryMiB: 0 };

/** The live reservations of a service on a node: how many, and their sum. */
export interface InstancesOnNode extends Resources {
  readonly count: number;
}

/** What one instance takes of a node. */
export interface Taken extends Resources {
  /** `serviceKey` of its service. */
  readonly service: string;
  readonly port?: number;
}
