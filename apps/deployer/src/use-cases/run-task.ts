import { isRecordAway, toTaskError } from '../domain/task-error.js';
import { keyOf, nextEffects, type Effect, type EffectKind } from '../domain/task.effects.js';
import type { TaskEvent } from '../domain/task.events.js';
import { evolve, foldTask, type TaskState } from '../domain/task.state.js';
import type { AroundStep, ClaimedTask, Clock, StepWrites, TaskStore } from '../ports.js';
import type { EffectRunner, Runnable } from './effect-runner.js';
import type { EffectScope } from './effect-scope.js';
import { isRecorded, withFollowing } from './recorded-effects.js';
import { cancelled, deadlinePassed, Interruption } from './interruption.js';
import { answered, isWait, type Wait, waitsOf } from './waits.js';

export interface RunTaskPorts {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly effects: EffectRunner;
  readonly drainMs: number;
  /** True for an error that must stop this worker without a trace: the lease went to another. */
  isLeaseLost(error: unknown): boolean;
  readonly aroundStep: AroundStep;
  /** Told once a step, for logs and metrics. */
  onStep?(state: TaskState, effect: EffectKind, ms: number, error?: unknown): void;
}

/** What a worker holds of a claimed task. */
export interface TaskLease {
  readonly claim: ClaimedTask;
  /** Aborts when the lease is lost, or the replica ends. */
  readonly signal: AbortSignal;
  /** Calls back when something that the task may wait for has happened, until the function it gives is called. */
  onNudge(callback: () => void): () => void;
}

/** How long a waiting task is left alone before it looks again by itself; a wake comes first. */
const PARK_MS = 5_000;

export type RunOutcome = 'finished' | 'parked' | 'lost';

/**
 * Carries a claimed task on from wherever its events say it is, until it ends, waits, or the lease is lost.
 * Effects that may run side by side do; each appends what happened in one transaction guarded by the fence.
 */
export async function runTask(ports: RunTaskPorts, lease: TaskLease): Promise<RunOutcome> {
  const history = await ports.store.history(lease.claim.taskId);
  const run = new TaskRun(ports, lease, foldTask(history.events.map((e) => e.event)), history.version);
  const stopNudges = lease.onNudge(() => run.nudge());
  try {
    return await run.toItsEnd();
  } catch (error) {
    if (lease.signal.aborted || ports.isLeaseLost(error)) return 'lost';
    throw error;
  } finally {
    stopNudges();
    await run.leave();
  }
}

class TaskRun {
  private readonly inFlight = new Map<string, Promise<void>>();
  private readonly kept: EffectScope['kept'] = {};
  private readonly interruption: Interruption;
  private appending: Promise<unknown> = Promise.resolve();
  private broken: { readonly error: unknown } | undefined;
  private wakeUp: () => void = () => undefined;
  private nudged = true;
  /** An effect has ended since the state was looked at last. */
  private changed = false;

  constructor(
    private readonly ports: RunTaskPorts,
    private readonly lease: TaskLease,
    private state: TaskState,
    private version: number,
  ) {
    this.interruption = new Interruption(Date.parse(state.deadlineAt) - ports.clock.now().getTime(), () =>
      this.interruption.raise(deadlinePassed(this.state)),
    );
  }

  nudge(): void {
    this.nudged = true;
    this.wakeUp();
  }

  /** After what is under way has ended; its results count no more. */
  async leave(): Promise<void> {
    this.interruption.end();
    await Promise.allSettled(this.inFlight.values());
    await this.kept.source?.dispose();
  }

  async toItsEnd(): Promise<RunOutcome> {
    for (;;) {
      this.lease.signal.throwIfAborted();
      if (this.broken !== undefined) throw this.broken.error;
      if (this.nudged) await this.lookForCancel();
      await this.recordInterruption();
      this.changed = false;
      const effects = nextEffects(this.state);
      if (effects.length === 0 && this.inFlight.size === 0) return 'finished';
      if (effects.some(isRecorded)) {
        await this.recordNext();
        continue;
      }
      if (this.mayStart()) for (const effect of effects) this.start(effect);
      if ((await this.takeAnswer(effects.filter(isWait))) || this.changed) continue;
      // What a revert waits for is waited for here: the request is over, so nothing else would end the wait.
      if (this.inFlight.size > 0 || this.state.failure !== undefined) await this.nextChange();
      else if (await this.park(effects.filter(isWait))) return 'parked';
      // Something is there: an answer, or a cancel whose nudge is late.
      else this.nudged = true;
    }
  }

  private async lookForCancel(): Promise<void> {
    this.nudged = false;
    if (await this.ports.store.isCancelled(this.state.token)) this.interruption.raise(cancelled(this.state));
  }

  /** Stops what is under way, and stores why as soon as that has ended. */
  private async recordInterruption(): Promise<void> {
    const { reason } = this.interruption;
    if (reason === undefined || this.state.failure !== undefined || this.inFlight.size > 0) return;
    await this.append({ events: [{ type: 'StepFailed', data: { step: 'request', error: reason } }] });
  }

  /** After a failure nothing is cleaned up, and nothing begun, before what was under way has ended. */
  private mayStart(): boolean {
    const stops = this.state.failure !== undefined || this.interruption.reason !== undefined;
    return !stops || this.inFlight.size === 0;
  }

  private async recordNext(): Promise<void> {
    const { state } = this;
    const [first] = nextEffects(state).filter(isRecorded);
    if (first === undefined) return;
    await this.ports.aroundStep(state, first, () => this.append({ events: [] }));
  }

  private start(effect: Effect): void {
    const key = keyOf(effect);
    if (isWait(effect) || isRecorded(effect) || this.inFlight.has(key)) return;
    const { state } = this;
    const done = this.ports
      .aroundStep(state, effect, () => this.step(state, effect))
      .then(
        () => undefined,
        (error: unknown) => {
          this.broken ??= { error };
        },
      )
      .finally(() => {
        this.inFlight.delete(key);
        this.changed = true;
        this.wakeUp();
      });
    this.inFlight.set(key, done);
  }

  /** One effect, and what it came to, stored. */
  private async step(state: TaskState, effect: Runnable): Promise<readonly TaskEvent[]> {
    const started = performance.now();
    try {
      const writes = await this.attempt(state, effect);
      this.ports.onStep?.(state, effect.kind, performance.now() - started);
      return writes === undefined ? [] : await this.append(writes);
    } catch (error) {
      if (this.lease.signal.aborted || this.ports.isLeaseLost(error)) await this.withdraw(effect);
      throw error;
    }
  }

  /** What cannot be taken back now, its node being away, is left to be found by its labels. */
  private async withdraw(effect: Runnable): Promise<void> {
    await this.ports.effects.withdraw(this.lease.claim, effect).catch(() => undefined);
  }

  private async attempt(state: TaskState, effect: Runnable): Promise<StepWrites | undefined> {
    const isCleanUp = state.failure !== undefined;
    const signal = isCleanUp
      ? this.lease.signal
      : AbortSignal.any([this.lease.signal, this.interruption.signal]);
    try {
      return await this.ports.effects.run(
        { claim: this.lease.claim, signal, kept: this.kept },
        state,
        effect,
      );
    } catch (error) {
      if (this.lease.signal.aborted || this.ports.isLeaseLost(error) || isRecordAway(error)) throw error;
      // Interrupted: what it was is stored once, for all that was under way.
      if (signal.aborted) return undefined;
      this.ports.onStep?.(state, effect.kind, 0, error);
      const failure = toTaskError(effect.kind, error);
      if (!isCleanUp) this.interruption.raise(failure);
      return { events: [{ type: 'StepFailed', data: { step: effect.kind, error: failure } }] };
    }
  }

  /** One at a time, each on the state that the one before left, with the recorded effects that follow from it. */
  private append(writes: StepWrites): Promise<readonly TaskEvent[]> {
    const stored = this.appending.then(async () => {
      const options = { now: this.ports.clock.now(), drainMs: this.ports.drainMs };
      const all = withFollowing(this.state, writes, options);
      if (all.events.length === 0) return [];
      await this.ports.store.append(this.lease.claim, this.state, this.version, all);
      this.state = all.events.reduce<TaskState>(evolve, this.state);
      this.version += all.events.length;
      return all.events;
    });
    this.appending = stored.catch(() => undefined);
    return stored;
  }

  /** Stores the first answer that is there. */
  private async takeAnswer(waits: readonly Wait[]): Promise<boolean> {
    for (const wait of waits) {
      const { state } = this;
      const answer = await answered(this.ports, state, this.lease.claim.taskId, wait);
      if (answer === undefined) continue;
      await this.ports.aroundStep(state, wait, () => this.append(answer));
      return true;
    }
    return false;
  }

  /** Until an effect has ended or somebody nudges. */
  private async nextChange(): Promise<void> {
    await new Promise<void>((resolve) => {
      const look = setTimeout(() => this.nudge(), PARK_MS);
      this.wakeUp = () => {
        clearTimeout(look);
        resolve();
      };
      if (this.nudged || this.changed) this.wakeUp();
    });
  }

  private async park(waits: readonly Wait[]): Promise<boolean> {
    if (waits.length === 0 || this.interruption.reason !== undefined) return false;
    const { claim } = this.lease;
    const deadline = Date.parse(this.state.deadlineAt);
    const dueAt = new Date(Math.min(this.ports.clock.now().getTime() + PARK_MS, deadline));
    return this.ports.store.park(claim, this.state, waitsOf(waits), dueAt);
  }
}
