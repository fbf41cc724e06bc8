import type { StructureSaid } from '#libs/contracts';
import type { Account, Stage } from './domain/billing.js';

export type Budget = NonNullable<StructureSaid['application']['budget']>;

export interface KeptAccount {
  readonly appId: string;
  readonly cost: number;
  readonly account: Account;
  /** Milliseconds since the epoch. */
  readonly billedAt: number;
}

export interface Accounts {
  all(): Promise<readonly KeptAccount[]>;
  keep(account: KeptAccount): Promise<void>;
}

/** What applications owe, as it was read last. */
export interface CurrentAccounts {
  stageOf(application: string): Stage | undefined;
  all(): ReadonlyMap<string, Account>;
}

export const CURRENT_ACCOUNTS = Symbol('CurrentAccounts');
