import type { Traffic } from './domain/figures.js';
import type { Policy } from './domain/policy.js';

/** A service with a policy that should run, as the registry shows it. */
export interface ScaledService {
  readonly appId: string;
  readonly appName: string;
  readonly service: string;
  readonly policy: Policy;
  /** How many instances there are to be. */
  readonly wanted: number;
  /** The names of those that run. */
  readonly running: readonly string[];
  /** Some of what runs is of another release than the one that should run. */
  readonly isRollingOut: boolean;
}

/** Throws where the registry cannot be read: then nothing is decided. */
export interface ScaledServices {
  read(): Promise<readonly ScaledService[]>;
}

/** What is measured of an instance now; a member that is missing was not. */
export interface InstanceUse {
  readonly cpuPercent?: number | undefined;
  readonly memoryPercent?: number | undefined;
  readonly score?: { readonly overall: number; readonly lowest: number } | undefined;
}

/** Undefined of what nobody has heard of in time. */
export interface CurrentFigures {
  instance(name: string): InstanceUse | undefined;
  traffic(appId: string, service: string): Traffic | undefined;
}

/** Figures from outside of Slipway. Undefined where they are not to be had in time; it never throws. */
export interface OutsideFigures {
  kafkaLag(group: string, topic: string): number | undefined;
  prometheus(url: string, query: string): number | undefined;
}
