import type { ExplainedPlacement, NodeAnswer, NodeRequest } from '#libs/contracts';
import type { Placed } from '#libs/http';
import type { Transaction } from '#libs/postgres';
import type { Explanation } from '../placement/domain/explanation.js';
import type { Policy } from '../placement/domain/model.js';

/** An answer to a node request, with what decided it. */
export interface DecidedAnswer {
  readonly request: NodeRequest;
  readonly answer: NodeAnswer;
  readonly policy: Policy;
  readonly explanation: Explanation;
}

/** Keeps why answers are what they are, in their own transaction. */
export type KeepExplanations = (tx: Transaction, decided: readonly DecidedAnswer[]) => Promise<void>;

/** All where a member is left out. */
export interface PlacementFilter {
  readonly appId?: string;
  readonly service?: string;
  readonly node?: string;
  /** Of the request that the instances belong to. */
  readonly token?: string;
  readonly outcome?: 'placed' | 'refused';
}

export const EXPLANATIONS = Symbol('Explanations');
/** Why node requests were answered as they were. */
export interface Explanations {
  /** The newest first: at most so many of those before the number. */
  list(
    filter: PlacementFilter,
    most: number,
    before?: string,
  ): Promise<readonly Placed<ExplainedPlacement>[]>;
  /** The last answer; undefined where none is kept. */
  ofToken(accessToken: string): Promise<ExplainedPlacement | undefined>;
  /** Undefined where the registry knows no such instance, too. */
  ofInstance(name: string): Promise<ExplainedPlacement | undefined>;
}
