import { decideFailure } from './domain/decide-failure.js';
import { isRead, type Runnable } from './domain/effect-table.js';
import type { StepWrites } from './domain/step-writes.js';
import { isRecordAway, toTaskError } from './domain/task-error.js';
import type { EffectKind } from './domain/task.effects.js';
import type { TaskEvent } from './domain/task.events.js';
import type { TaskState } from './domain/task.state.js';
import type { EffectRunner } from './effect-runner.js';
import type { EffectScope } from './effect-scope.js';
import type { AroundStep, TaskLease, Timer } from './ports.js';
import type { TaskRecord } from './task-record.js';

export interface StepPorts {
  readonly effects: EffectRunner;
  readonly timer: Timer;
  readonly aroundStep: AroundStep;
  /** True for an error that must stop this worker without a trace: the lease went to another. */
  isLeaseLost(error: unknown): boolean;
  /** Called once for each step that succeeded or failed; not for one that was interrupted. */
  onStep?(state: TaskState, effect: EffectKind, ms: number, error?: unknown): void;
}

/** The steps of a task that touch the world. Each is stored once it has ended. */
export class Steps {
  private readonly kept: EffectScope['kept'] = {};
  private readonly interruption = new AbortController();
  private readonly interruptible: AbortSignal;
  /** Those that read only and are under way. */
  private readonly reading = new Set<Promise<unknown>>();

  constructor(
    private readonly ports: StepPorts,
    private readonly lease: TaskLease,
    private readonly record: TaskRecord,
  ) {
    this.interruptible = AbortSignal.any([lease.signal, this.interruption.signal]);
  }

  /** Ends what is under way, but for clean-up. */
  interrupt(): void {
    this.interruption.abort();
  }

  /** One effect, and what it came to, stored. */
  async run(state: TaskState, effect: Runnable, told: Told): Promise<void> {
    await this.ports.aroundStep(state, effect, () => this.step(state, effect, told));
  }

  /** Nothing is under way any more. */
  async leave(): Promise<void> {
    await this.kept.source?.dispose();
  }

  private async step(state: TaskState, effect: Runnable, told: Told): Promise<readonly TaskEvent[]> {
    try {
      const attempt = this.attempt(state, effect, told);
      if (isRead(effect)) this.reading.add(attempt);
      const writes = await attempt;
      // What a plan needs is read side by side, and stored together.
      if (isRead(effect)) await Promise.allSettled([...this.reading]);
      return writes === undefined ? [] : await this.record.append(() => writes);
    } catch (error) {
      if (this.isLost(error)) await this.withdraw(effect);
      throw error;
    }
  }

  private async attempt(
    state: TaskState,
    effect: Runnable,
    { onFailure, onNote }: Told,
  ): Promise<StepWrites | undefined> {
    const { effects, timer, onStep } = this.ports;
    const signal = state.failure === undefined ? this.interruptible : this.lease.signal;
    const started = timer.now();
    const report = (error?: unknown): void => onStep?.(state, effect.kind, timer.now() - started, error);
    try {
      const writes = await effects.run({ ...this.scope(signal), onNote }, state, effect);
      report();
      return writes;
    } catch (thrown) {
      if (this.isLost(thrown) || isRecordAway(thrown)) throw thrown;
      // Interrupted: what it was is stored once, for all that was under way.
      if (signal.aborted) return undefined;
      report(thrown);
      const writes = decideFailure(effect, this.record.state, toTaskError(effect.kind, thrown));
      for (const { type, data } of writes.events) if (type === 'StepFailed') onFailure(data.error);
      return writes;
    }
  }

  private isLost(error: unknown): boolean {
    return this.lease.signal.aborted || this.ports.isLeaseLost(error);
  }

  /** What cannot be taken back now, its node being away, is left to be found by its labels. */
  private async withdraw(effect: Runnable): Promise<void> {
    await this.ports.effects.withdraw(this.lease.claim, effect).catch(() => undefined);
  }

  private scope(signal: AbortSignal): EffectScope {
    return { claim: this.lease.claim, signal, kept: this.kept };
  }
}

interface Told {
  /** Called before a failure is stored. */
  readonly onFailure: (error: ReturnType<typeof toTaskError>) => void;
  /** As in `EffectScope`. */
  readonly onNote: (note: string) => void;
}
