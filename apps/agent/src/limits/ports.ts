import type { LimitAnswer, LimitChange, LimitRequest } from '#libs/contracts';
import type { Transaction } from '#libs/postgres';
import type { EngineLimits } from '../watch/ports.js';
import type { Subject } from './domain/found.js';
import type { Words } from './domain/words.js';

/** Requests of limits that came, whichever replica read them. */
export interface LimitRequests {
  /**
   * Keeps a request for the replica that holds the lease of its node. One that was answered is answered again, and one
   * whose fence is outdated at once.
   */
  take(tx: Transaction, request: LimitRequest): Promise<void>;
}

export const LIMIT_REQUESTS = Symbol('LimitRequests');

export interface OpenRequest {
  readonly request: LimitRequest;
  /** One with a higher fence came after it. */
  readonly isOutdated: boolean;
}

/** What is to be applied, as the holder of leases sees it. */
export interface OpenRequests {
  /** Those of these nodes that have a request without an answer. */
  waiting(nodes: readonly string[]): Promise<readonly string[]>;
  /** The oldest of a node. */
  next(node: string): Promise<OpenRequest | undefined>;
  /** False where the lease of the node is another's by now, or it was answered already: nothing is said then. */
  answer(answer: LimitAnswer): Promise<boolean>;
}

/** What a change is about, as it is found on the node. */
export type Target =
  | { readonly kind: 'container'; readonly id: string; readonly pid: number }
  | { readonly kind: 'group'; readonly path: string };

/** What is to be written of one target, before all that the kernel holds of it is read. */
export interface Order {
  readonly target: Target;
  readonly words: Words;
}

/** One node, as its limits are changed. Every method throws LimitError. */
export interface LimitedNode {
  /**
   * Undefined where it does not run there.
   * @param isFresh what is known of containers may be old: the engine is asked
   */
  find(change: LimitChange, isFresh?: boolean): Promise<Target | undefined>;
  /** One of each order, in the same order. */
  write(orders: readonly Order[]): Promise<readonly Subject[]>;
  /** All of it or nothing. */
  update(id: string, limits: EngineLimits): Promise<void>;
  /** What its engine has to give. */
  sizes(): Promise<{ readonly cpus: number; readonly memoryBytes: number }>;
}

/** The nodes whose lease this replica holds. */
export interface LimitedNodes {
  readonly names: readonly string[];
  /**
   * `unreachable` by the verdict of the agent, `unready` where it is not known yet what runs there. Undefined where it is
   * not held for certain: nothing is written once the lease has lapsed.
   */
  find(node: string): LimitedNode | 'unreachable' | 'unready' | undefined;
}
