/**
 * What may be rescaled, and what it has. CPU in shares (100 = one core), memory and disk in bytes and bytes a second,
 * network in bytes a second, energy in watts; all whole numbers. The arithmetic knows no units: messages and SQL convert
 * at the edges (`sharesOf`, `coresOf`).
 */
export const RESOURCES = ['cpu', 'memory', 'diskRead', 'diskWrite', 'network', 'energy'] as const;
export type Resource = (typeof RESOURCES)[number];

/** A limit that a node can apply: all but energy, which is held by CPU. */
export type LimitedResource = Exclude<Resource, 'energy'>;

/**
 * - `serverless`: windows, events and rules, as ServerlessContainers has them.
 * - `slo`: by the share of time in which the limit held the container back, as Autothrottle has it.
 * - `fixed`: the limit stays. `advise`: as `slo`, but nothing is changed.
 */
export const POLICIES = ['serverless', 'slo', 'fixed', 'advise'] as const;
export type Policy = (typeof POLICIES)[number];

export interface ResourceState {
  readonly max: number;
  readonly min: number;
  /** The limit that the kernel applies, as the agent read it back. */
  readonly current: number;
  /** Whether the guardian may change it. */
  readonly guard: boolean;
  /** Absent: no figure, which is neither zero nor -1. */
  readonly usage?: number;
  /** Percent of `boundaryOf` between `current`, `upper` and `lower`. */
  readonly boundary: number;
  readonly boundaryOf: 'max' | 'current';
}

export type Resources = Readonly<Partial<Record<Resource, ResourceState>>>;

export interface ContainerStructure {
  readonly id: string;
  readonly host: string;
  /** The id of its application. */
  readonly application: string;
  readonly resources: Resources;
  /** The CPUs that the kernel lets it use, such as `0-3,6`; absent: not known. */
  readonly cpuset?: string;
  readonly isRunning: boolean;
  /** False: none of its resources is changed, whatever their own guard says. */
  readonly guarded: boolean;
  readonly policy: Policy;
}

/** Only `max` of an application or a user is ever scaled; `current` and `usage` are the sums of its members. */
export interface ApplicationStructure {
  readonly id: string;
  /** The id of its user; absent: nobody bounds it. */
  readonly user?: string;
  readonly resources: Resources;
  /** Ids of its containers. */
  readonly containers: readonly string[];
  readonly state: 'running' | 'stopped';
  /** Whether the rebalancer may take from it and give to it. */
  readonly rebalanced: boolean;
}

export interface UserStructure {
  readonly id: string;
  readonly resources: Resources;
  /** Ids of its applications. */
  readonly applications: readonly string[];
}

/** One hardware thread: shares that are free on it, and those that containers hold there. They sum to 100. */
export interface Core {
  readonly free: number;
  readonly held: Readonly<Record<string, number>>;
}

export interface CoreMap {
  /** Ids of cores in the order in which they are given away. */
  readonly order: readonly number[];
  readonly cores: Readonly<Record<number, Core>>;
}

export interface HostResource {
  readonly max: number;
  readonly free: number;
}

export interface HostStructure {
  readonly name: string;
  readonly resources: Readonly<Partial<Record<Resource, HostResource>>>;
  /** Absent: containers are not pinned on it. */
  readonly cores?: CoreMap;
}

/** Cores to shares, to the nearest one. */
export const sharesOf = (cores: number): number => Math.round(cores * 100);
export const coresOf = (shares: number): number => shares / 100;
