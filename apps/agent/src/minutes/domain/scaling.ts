import type { ObservedInstance } from '#libs/observations';

/** What the registry says of a service. */
export interface ServiceCount {
  readonly appId: string;
  readonly service: string;
  /** Null where nothing is known of what is wanted. */
  readonly wanted: number | null;
  readonly running: number;
}

/**
 * Whether a service scales: more than one instance is wanted of it, or runs. Specs have no bounds of scaling yet; once
 * they have, a service with bounds scales, too.
 */
export const scales = ({ wanted, running }: Pick<ServiceCount, 'wanted' | 'running'>): boolean =>
  Math.max(wanted ?? 0, running) > 1;

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
