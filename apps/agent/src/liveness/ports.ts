import type { Verdict } from './domain/verdict.js';

/**
 * Cheap questions to one node. Their limits are those of `timelyLimit`: this replica's own delays count for nothing, so
 * that a failure is the node's.
 */
export interface NodeReach {
  /** Whether `reach` asks the node itself: behind a jump host it cannot. */
  readonly kernelAnswers: boolean;
  /** A TCP connection to its sshd; throws where there is none within the time. */
  reach(limitMs: number): Promise<void>;
  /** Its sshd runs a program that does nothing, and its engine answers a ping; throws where either does not. */
  ask(limitMs: number): Promise<void>;
}

/** What the programs of all nodes of this replica answered last, as seen from one of them. */
export interface FleetView {
  /** Of this node. */
  answered(): void;
  missed(): void;
  /** So many others do not answer either that this replica may be the one that is slow. */
  isInDoubt(): boolean;
}

export interface LivenessPorts {
  readonly node: NodeReach;
  readonly fleet: FleetView;
  now(): Date;
  onVerdict(verdict: Verdict): void;
}
