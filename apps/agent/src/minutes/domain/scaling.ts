import type { ObservedInstance } from '#libs/observations';

/** What the registry says of a service. */
export interface ServiceCount {
  readonly appId: string;
  readonly service: string;
  /** Null where nothing is known of what is wanted. */
  readonly wanted: number | null;
  readonly running: number;
  /** The policy by which it scales; null of one that does not. */
  readonly scaling: object | null;
}

/** Whether a service scales: it has a policy, or more than one instance of it is wanted, or runs. */
export const scales = ({ wanted, running, scaling }: Omit<ServiceCount, 'appId' | 'service'>): boolean =>
  scaling !== null || Math.max(wanted ?? 0, running) > 1;

/** The services that scale, of which figures of ten seconds are kept. */
export class ScalingServices {
  private readonly names: ReadonlySet<string>;

  constructor(services: readonly ServiceCount[]) {
    this.names = new Set(services.filter(scales).map(nameOf));
  }

  has({ identity }: ObservedInstance): boolean {
    return this.names.has(nameOf(identity));
  }
}

const nameOf = ({ appId, service }: { readonly appId: string; readonly service: string }): string =>
  `${appId}/${service}`;
