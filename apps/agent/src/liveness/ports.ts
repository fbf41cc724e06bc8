import type { Verdict } from './domain/verdict.js';

/** Cheap questions to one node. */
export interface NodeReach {
  /** Whether `reach` asks the node itself: behind a jump host it cannot. */
  readonly kernelAnswers: boolean;
  /** A TCP connection to its sshd; throws where there is none within the time. */
  reach(limitMs: number): Promise<void>;
  /** Its sshd runs a program that does nothing, and its engine answers a ping; throws where either does not. */
  ask(limitMs: number): Promise<void>;
}

export interface LivenessPorts {
  readonly node: NodeReach;
  /** Whether this replica is late with its own work: then programs of the node may have answered in time. */
  isBehind(): boolean;
  now(): Date;
  onVerdict(verdict: Verdict): void;
}
