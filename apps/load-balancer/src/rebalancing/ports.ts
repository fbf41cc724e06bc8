import type { RebalancingAnswer, RebalancingMode, ScaleReply } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';

/** What limits moves. Shares are of the CPU of a node, 0 to 1. */
export interface RebalancingLimits {
  /** Moves under way at once. */
  readonly atOnce: number;
  readonly anHour: number;
  /** By how much the load of the fuller node has to fall. */
  readonly leastGain: number;
  /** Nodes with a lower load are left as they are. */
  readonly above: number;
  /** So long an instance stays after it was started, and a service after a move of it failed. */
  readonly quietMs: number;
  /** Loads are means over so long. */
  readonly overMs: number;
}

export interface RebalancingOptions extends RebalancingLimits {
  readonly mode: RebalancingMode;
}

/** How it stands, for who asks any replica. */
export interface RebalancingRecord {
  show(): Promise<RebalancingAnswer>;
}

export const REBALANCING = Symbol('Rebalancing');

/** The moves that were asked for. */
export interface Moves {
  /** Idempotent; an answer to somebody else's request changes nothing. */
  end(tx: Transaction, reply: ScaleReply): Promise<void>;
}

export const MOVES = Symbol('Moves');

/** Scale requests of decisions how many instances a service needs: they are answered on the same topic. */
export interface Scalings {
  /** Idempotent; an answer to somebody else's request changes nothing. */
  end(tx: Transaction, reply: ScaleReply): Promise<void>;
}

export const SCALINGS = Symbol('Scalings');
