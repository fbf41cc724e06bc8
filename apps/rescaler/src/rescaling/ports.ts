import type { LimitAnswer } from '#libs/contracts';
import type { CoreOrder } from '../pinning/domain/core-orders.js';
import type { Owner } from './domain/known-host.js';
import type { Explained } from './domain/look.js';
import type { Hold } from '../decisions/domain/hold.js';
import type { ContainerStructure } from '../structures/domain/structure.js';
import type { Explanation, LimitChange, LimitWish } from '../structures/domain/wish.js';
import type { WantedLimits } from '../structures/domain/wanted.js';

export type { Owner };

export interface SubscribedContainer {
  readonly id: string;
  readonly application?: string;
  readonly wanted: WantedLimits;
}

/** What is wanted, as the registry and people say. */
export interface WantedStructures {
  /** Undefined where nobody asked that its limits follow use. */
  limitsOf(owner: Owner): WantedLimits | undefined;
  /** Containers that are none of Slipway's, on one host. */
  subscribedOn(host: string): readonly SubscribedContainer[];
  /** In which order cores are given to containers there; undefined where none is pinned. */
  pinningOf(host: string): CoreOrder | undefined;
  /** Shares and bytes that instances may have there; undefined where the registry does not know the host. */
  sizesOf(host: string): { readonly cpu: number; readonly memory: number } | undefined;
}

/** Who wishes for limits besides policies: the rebalancer and budgets. */
export interface OtherWishes {
  wishes(host: string, containers: readonly ContainerStructure[], now: number): readonly LimitWish[];
  /** What became of them. */
  settle(host: string, explained: readonly Explained[]): void;
  forget(host: string): void;
}

export interface AskedChange extends LimitChange {
  readonly owner?: Owner;
  readonly isInstance: boolean;
  readonly because: readonly Explanation[];
}

export interface Asked {
  readonly host: string;
  readonly fence: number;
  readonly request: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** With no limit, one is only read. */
  readonly changes: readonly AskedChange[];
}

export interface HeldDecision {
  readonly host: string;
  readonly fence: number;
  readonly container: string;
  readonly owner?: Owner;
  readonly hold: Hold;
}

export interface RescalingRecord {
  /** Asks for limits, and keeps why; false where the lease is another replica's: then nothing is asked. */
  ask(asked: Asked): Promise<boolean>;
  /** Keeps why limits stay. */
  holds(held: readonly HeldDecision[]): Promise<void>;
  /** What came of a request. */
  answered(answer: LimitAnswer): Promise<void>;
}
