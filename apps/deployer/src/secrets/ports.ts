import type { Secret } from '#libs/config';
import type { SecretReply, SecretRequest, StoredSecret } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';

/** What applications keep for their services to be given at their start. */
export interface Secrets {
  /** Of those that the application has. */
  names(appId: string): Promise<readonly string[]>;
  /** By name; those that there are not are left out. Throws SECRET_UNREADABLE. */
  values(appId: string, names: readonly string[]): Promise<ReadonlyMap<string, Secret>>;
}

/** Which secrets there are, for whoever asks; never their values. */
export interface SecretList {
  list(appId: string): Promise<readonly StoredSecret[]>;
}

/** Stores and removes secrets, in the transaction of the request. */
export interface SecretRequests {
  /** A token that is known gets the same answer again. */
  accept(tx: Transaction, request: SecretRequest, traceparent?: string): Promise<void>;
}

/** Answers secret requests that cannot be read. */
export interface SecretRefusals {
  /** Once per token. */
  refuse(tx: Transaction, reply: SecretReply): Promise<void>;
}

/** The error of a step that worked with these values; one that holds any of them, anywhere, is told without. */
export type WithoutSecrets = (step: string, error: unknown, values: readonly string[]) => unknown;

/** Injection tokens of what the controllers of this feature ask for. */
export const SECRET_INTAKE = Symbol('SecretIntake');
export const SECRETS = Symbol('Secrets');
