import type { Secret } from '#libs/config';

/** What applications keep for their services to be given at their start. */
export interface Secrets {
  /** Of those that the application has. */
  names(appId: string): Promise<readonly string[]>;
  /** By name; those that there are not are left out. Throws SECRET_UNREADABLE. */
  values(appId: string, names: readonly string[]): Promise<ReadonlyMap<string, Secret>>;
}

/** Injection tokens of what the controllers of this feature ask for. */
export const SECRET_INTAKE = Symbol('SecretIntake');
export const SECRETS = Symbol('Secrets');
