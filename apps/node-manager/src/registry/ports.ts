/** All where a member is left out. */
export interface InstanceFilter {
  readonly appId?: string;
  readonly service?: string;
  readonly state?: string;
}

export const REGISTRY = Symbol('Registry');
/** What runs where, as the HTTP API answers it. */
export interface Registry {
  instances(filter: InstanceFilter): Promise<readonly unknown[]>;
  services(filter: Pick<InstanceFilter, 'appId'>): Promise<readonly unknown[]>;
}
