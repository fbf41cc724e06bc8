import type { NodeState } from '#libs/contracts';
import type { Verdict } from '../liveness/domain/verdict.js';

export interface States {
  /** Throws where the brokers may not have it. */
  publish(state: NodeState): Promise<void>;
  /** Says that the node was removed. */
  publishRemoval(node: string): Promise<void>;
  /**
   * Stores a verdict for whoever takes the node over. False, and not stored, where the lease is another's by now; throws
   * where the database does not answer.
   */
  record(node: string, fence: number, verdict: Verdict): Promise<boolean>;
  /** Whether this replica's leases are its own for certain, now. */
  isValid(): boolean;
  now(): Date;
  onError(error: unknown, node: string): void;
}
