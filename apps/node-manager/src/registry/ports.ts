import type { InstanceReport, RegistryInstance, RegistryServiceLine } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';

/** All where a member is left out. */
export interface InstanceFilter {
  readonly appId?: string;
  readonly service?: string;
  readonly state?: string;
}

export const REGISTRY = Symbol('Registry');
/** What runs where, as the HTTP API answers it. */
export interface Registry {
  instances(filter: InstanceFilter): Promise<RegistryInstance[]>;
  services(filter: Pick<InstanceFilter, 'appId'>): Promise<RegistryServiceLine[]>;
}

export const INSTANCE_FOLLOWER = Symbol('InstanceFollower');
/** Whoever counts with what runs: told of each report once the registry has it, in the same transaction. */
export type InstanceFollower = (tx: Transaction, report: InstanceReport) => Promise<void>;
