import type { RulesLogic } from 'json-logic-js';
import type { Resource } from '../../structures/domain/structure.js';

/** What a rule of events sees: `usage`, `max`, `min`, `current`, `upper`, `lower` of its resource. */
export interface EventRule {
  readonly name: string;
  readonly kind: 'events';
  readonly resource: Resource;
  /** JsonLogic (jsonlogic.com). */
  readonly when: RulesLogic;
  readonly direction: 'up' | 'down';
  readonly isActive: boolean;
}

/** How far a limit goes: by a fixed amount, by it times how far usage is above `upper`, or to where usage fits. */
export type AmountRule =
  { readonly kind: 'fixed' | 'proportional'; readonly amount: number } | { readonly kind: 'fit_to_usage' };

/** What a rule of requests sees: `events.up` and `events.down` of its resource in the window. */
export interface RequestRule {
  readonly name: string;
  readonly kind: 'requests';
  readonly resource: Resource;
  /** JsonLogic (jsonlogic.com). */
  readonly when: RulesLogic;
  readonly direction: 'up' | 'down';
  readonly by: AmountRule;
  /** So many of the events of its own direction are used up, oldest first. */
  readonly eventsToRemove: number;
  readonly isActive: boolean;
}

export type Rule = EventRule | RequestRule;
