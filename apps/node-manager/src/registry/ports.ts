import type { RegistryInstance, RegistryServiceLine } from '#libs/contracts';

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
