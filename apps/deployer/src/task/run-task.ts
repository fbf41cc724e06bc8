import { isRecordAway, toTaskError } from './domain/task-error.js';
import { keyOf, nextEffects, type Effect, type EffectKind } from './domain/task.effects.js';
import type { TaskEvent } from './domain/task.events.js';
import type { TaskState } from './domain/task.state.js';
import {
  isRead,
  isRecorded,
  isRunnable,
  isTurn,
  isWait,
  type Runnable,
  type Wait,
} from './domain/effect-table.js';
import type { StepWrites } from './domain/step-writes.js';
import type { AroundStep, ClaimedTask, TaskHistory } from './ports.js';
import type { EffectRunner } from './effect-runner.js';
import type { EffectScope } from './effect-scope.js';
import { cancelled, deadlinePassed, Interruption } from './interruption.js';
import { TaskRecord, type TaskRecordPorts } from './task-record.js';
import { cameBy, type WaitPorts, waitsOf, wentBy } from './waits.js';

export interface RunTaskPorts extends WaitPorts, TaskRecordPorts {
  readonly effects: EffectRunner;
  /** True for an error that must stop this worker without a trace: the lease went to another. */
  isLeaseLost(error: unknown): boolean;
  readonly aroundStep: AroundStep;
  /** Called once for each step that succeeded or failed; not for one that was interrupted. */
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
/** An answer often takes 10 ms, one of many that are asked for at once half a second: for so long the task is kept. */
const PATIENCE_MS = 1_000;

export type RunOutcome = 'finished' | 'parked' | 'lost';

/**
 * Carries a claimed task on from wherever its events say it is, until it ends, waits, or the lease is lost.
 * Effects that may run side by side do; each appends what happened in one transaction guarded by the fence.
 */
export async function runTask(
  ports: RunTaskPorts,
  lease: TaskLease,
  history: TaskHistory,
): Promise<RunOutcome> {
  const run = new TaskRun(ports, lease, new TaskRecord(ports, lease.claim, history));
  if (history.cancelled) run.cancel();
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
  /** Steps that read only and are under way. */
  private readonly reading = new Set<Promise<unknown>>();
  private broken: { readonly error: unknown } | undefined;
  private wakeUp: () => void = () => undefined;
  private nudged = false;
  /** What is waited for may have been stored since the store was asked last. */
  private lookInStore = true;
  /** An effect has ended, or an answer came by, since the state was looked at last. */
  private changed = false;
  /** Since when nothing is under way and an answer is all that lacks; by performance.now(). */
  private waitingSince: number | undefined;

  constructor(
    private readonly ports: RunTaskPorts,
    private readonly lease: TaskLease,
    private readonly record: TaskRecord,
  ) {
    this.interruption = new Interruption(
      Date.parse(this.state.deadlineAt) - ports.clock.now().getTime(),
      () => this.interruption.raise(deadlinePassed(this.state)),
    );
  }

  private get state(): TaskState {
    return this.record.state;
  }

  nudge(): void {
    this.nudged = true;
    this.wakeUp();
  }

  cancel(): void {
    this.interruption.raise(cancelled(this.state));
  }

  /** After what is under way has ended; its results count no more. */
  async leave(): Promise<void> {
    this.interruption.end();
    this.kept.ahead?.forEach((begun) => begun.abort());
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
      if (effects.some(isTurn) && this.interruption.reason === undefined) {
        if (!(await this.takeTurn())) return 'parked';
        continue;
      }
      this.ports.effects.prepare?.(this.scope(this.interruptible()), this.state);
      if (this.mayStart()) for (const effect of effects) this.start(effect);
      const waits = effects.filter(isWait);
      if ((await this.takeAnswers(waits)) || this.changed) continue;
      if (this.staysHere(waits)) await this.nextChange(waits);
      else if (await this.park(waits)) return 'parked';
      // Something is there: an answer, or a cancel whose nudge is late.
      else this.nudged = true;
    }
  }

  private async lookForCancel(): Promise<void> {
    this.nudged = false;
    this.lookInStore = true;
    if (await this.ports.store.isCancelled(this.state.token)) this.cancel();
  }

  /** What is being ended, or has, is neither cancelled nor late any more. */
  private get isOver(): boolean {
    return this.state.failure !== undefined || this.state.outcome !== undefined;
  }

  /** Stops what is under way, and stores why as soon as that has ended. */
  private async recordInterruption(): Promise<void> {
    const { reason } = this.interruption;
    if (reason === undefined || this.isOver || this.inFlight.size > 0) return;
    await this.append({ events: [{ type: 'StepFailed', data: { step: 'request', error: reason } }] });
  }

  /** After a failure nothing is cleaned up, and nothing begun, before what was under way has ended. */
  private mayStart(): boolean {
    return !(this.isOver || this.interruption.reason !== undefined) || this.inFlight.size === 0;
  }

  private async recordNext(): Promise<void> {
    const { state } = this;
    const [first] = nextEffects(state).filter(isRecorded);
    if (first === undefined) return;
    await this.ports.aroundStep(state, first, () => this.append({ events: [] }));
  }

  /** False: another task of the service is rolled out now, and this one is claimed again after it. */
  private async takeTurn(): Promise<boolean> {
    if (!(await this.ports.store.takeTurn(this.lease.claim, this.state))) return false;
    await this.append({ events: [{ type: 'TurnTaken', data: {} }] });
    return true;
  }

  private start(effect: Effect): void {
    const key = keyOf(effect);
    if (!isRunnable(effect) || this.inFlight.has(key)) return;
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
    try {
      const attempt = this.attempt(state, effect);
      if (isRead(effect)) this.reading.add(attempt);
      const writes = await attempt;
      // What a plan needs is read side by side, and stored together.
      if (isRead(effect)) await Promise.allSettled([...this.reading]);
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

  private scope(signal: AbortSignal): EffectScope {
    return { claim: this.lease.claim, signal, kept: this.kept };
  }

  private interruptible(): AbortSignal {
    return AbortSignal.any([this.lease.signal, this.interruption.signal]);
  }

  private async attempt(state: TaskState, effect: Runnable): Promise<StepWrites | undefined> {
    const isCleanUp = state.failure !== undefined;
    const signal = isCleanUp ? this.lease.signal : this.interruptible();
    const started = performance.now();
    const report = (error?: unknown): void =>
      this.ports.onStep?.(state, effect.kind, performance.now() - started, error);
    try {
      const writes = await this.ports.effects.run(this.scope(signal), state, effect);
      report();
      return writes;
    } catch (error) {
      if (this.lease.signal.aborted || this.ports.isLeaseLost(error) || isRecordAway(error)) throw error;
      // Interrupted: what it was is stored once, for all that was under way.
      if (signal.aborted) return undefined;
      report(error);
      const failure = toTaskError(effect.kind, error);
      if (!isCleanUp) this.interruption.raise(failure);
      return { events: [{ type: 'StepFailed', data: { step: effect.kind, error: failure } }] };
    }
  }

  private async append(
    writes: StepWrites,
    isDue: (state: TaskState) => boolean = () => true,
  ): Promise<readonly TaskEvent[]> {
    const events = await this.record.append((state) => (isDue(state) ? writes : { events: [] }));
    this.waitingSince = undefined;
    // A plan that cannot be made ends what was begun beside it, such as a build.
    if (this.state.failure !== undefined) this.interruption.raise(this.state.failure);
    return events;
  }

  /** Stores the answers that are there. */
  private async takeAnswers(waits: readonly Wait[]): Promise<boolean> {
    const { lookInStore, state } = this;
    this.lookInStore = false;
    const met = await wentBy(this.ports, state, waits, lookInStore);
    const taken = met.map(({ wait, writes }) => {
      const stillAwaits = (now: TaskState): boolean =>
        nextEffects(now).some((effect) => keyOf(effect) === keyOf(wait));
      return this.ports.aroundStep(state, wait, () => this.append(writes, stillAwaits));
    });
    await Promise.all(taken);
    return met.length > 0;
  }

  /**
   * What a revert waits for is waited for here: the request is over, so nothing else would end the wait. So is, for a
   * moment, an answer that is about to come.
   */
  private staysHere(waits: readonly Wait[]): boolean {
    if (this.inFlight.size > 0 || this.isOver) return true;
    if (waits.length === 0 || waits.some(({ kind }) => kind !== 'await-node')) return false;
    this.waitingSince ??= performance.now();
    return performance.now() - this.waitingSince < PATIENCE_MS;
  }

  /** Until an effect has ended, an answer came by, or somebody nudges. */
  private async nextChange(waits: readonly Wait[]): Promise<void> {
    const { answers } = this.ports;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wakeUp = resolve;
    const onAnswer = (): void => {
      this.changed = true;
      this.wakeUp();
    };
    const forget = waitsOf(waits).accessTokens.map((accessToken) => answers.onAnswer(accessToken, onAnswer));
    const isPatient = this.waitingSince !== undefined;
    const look = setTimeout(
      () => (isPatient ? this.wakeUp() : this.nudge()),
      isPatient ? PATIENCE_MS : PARK_MS,
    );
    if (this.nudged || this.changed || cameBy(answers, waits)) resolve();
    await promise;
    clearTimeout(look);
    for (const stop of forget) stop();
  }

  private async park(waits: readonly Wait[]): Promise<boolean> {
    if (waits.length === 0 || this.interruption.reason !== undefined) return false;
    const { claim } = this.lease;
    const deadline = Date.parse(this.state.deadlineAt);
    const dueAt = new Date(Math.min(this.ports.clock.now().getTime() + PARK_MS, deadline));
    return this.ports.store.park(claim, this.state, waitsOf(waits), dueAt);
  }
}
