import type { Constraint } from '../../structures/domain/wish.js';

/** What a policy chose for one resource of a container, before bounds. */
export interface Choice {
  readonly raw: number;
  readonly constraint: Constraint;
  /** The rule or formula. */
  readonly by?: string;
}
