import type { TrafficOverride } from '#libs/contracts';

export interface NewOverride {
  readonly instance: string;
  readonly weight: number;
  /** It ends so long from now; never when left out. */
  readonly forMs?: number;
  /** Who sets it. */
  readonly by: string;
}

export type OverrideSet =
  | { readonly kind: 'set'; readonly override: TrafficOverride }
  /** No instance of this name runs or drains. */
  | { readonly kind: 'unknown' }
  /** There are as many as gateways take. */
  | { readonly kind: 'full' };

/** The weights that operators have set, which all replicas share. */
export interface OverrideRecord {
  /** Those that hold, by instance. */
  list(): Promise<TrafficOverride[]>;
  set(wanted: NewOverride): Promise<OverrideSet>;
  /** What was set; undefined where nothing was. */
  end(instance: string): Promise<TrafficOverride | undefined>;
}

export const OVERRIDE_RECORD = Symbol('OVERRIDE_RECORD');
