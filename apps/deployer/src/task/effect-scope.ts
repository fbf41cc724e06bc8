import type { FetchedSource } from '../build/ports.js';
import type { Runnable } from './domain/effect-table.js';
import type { StepWrites } from './domain/step-writes.js';
import type { EffectOf } from './domain/task.effects.js';
import type { TaskState } from './domain/task.state.js';
import type { ClaimedTask } from './ports.js';

/** What one worker keeps between the effects of one task. */
export interface EffectScope {
  readonly claim: ClaimedTask;
  readonly signal: AbortSignal;
  readonly kept: { source?: FetchedSource };
  /** Told what keeps the effect from its end: what it told last is said again where the deadline interrupts it. */
  readonly onNote?: (note: string) => void;
}

/** An effect on the world, in a file of its own. */
export interface EffectFile<K extends Runnable['kind'], Ports> {
  /** Does it, and tells what it came to. Idempotent: a take-over may do it again. */
  run(ports: Ports, scope: EffectScope, state: TaskState, effect: EffectOf<K>): Promise<StepWrites>;
  /**
   * Takes back what was done after the task had gone to another replica, where that one is past it: nobody else would
   * look for it again. What the other still works on, it has adopted or will.
   */
  withdraw?(ports: Ports, state: TaskState, effect: EffectOf<K>): Promise<void>;
}
