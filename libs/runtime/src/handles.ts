import { handlesWithin } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';

/** Handles a message in the transaction that records it as handled; see `handlesWithin`. */
export const Handles = handlesWithin<Transaction>();
