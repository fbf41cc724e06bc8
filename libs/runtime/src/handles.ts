import { handlesWithin, tombstonesWithin } from '#libs/kafka';
import type { Transaction } from '#libs/postgres';

/** Handles a message in the transaction that records it as handled; see `handlesWithin`. */
export const Handles = handlesWithin<Transaction>();

/** Handles a message of a compacted topic that has no body; see `tombstonesWithin`. */
export const HandlesTombstone = tombstonesWithin<Transaction>();
