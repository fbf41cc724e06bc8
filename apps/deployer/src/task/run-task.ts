import type { Runnable, Wait } from './domain/effect-table.js';
import {
  initialRun,
  INTERRUPTION,
  next,
  PARK_MS,
  RECORD,
  type RunAction,
  type RunInput,
  type RunOutcome as Ended,
} from './domain/run.js';
import { never } from './domain/never.js';
import type { StepWrites } from './domain/step-writes.js';
import { keyOf, nextEffects } from './domain/task.effects.js';
import type { Asker } from './domain/task.events.js';
import type { TaskState } from './domain/task.state.js';
import { Mailbox } from './mailbox.js';
import type { TaskHistory, TaskLease } from './ports.js';
import { type StepPorts, Steps } from './steps.js';
import { TaskRecord, type TaskRecordPorts } from './task-record.js';
import { hasAnswer, type WaitPorts, waitsOf, endedWaits } from './waits.js';

export interface RunTaskPorts extends WaitPorts, TaskRecordPorts, StepPorts {}

export type RunOutcome = Ended | 'lost';

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
  try {
    return await run.toItsEnd(history.cancelledBy);
  } catch (error) {
    if (lease.signal.aborted || ports.isLeaseLost(error)) return 'lost';
    throw error;
  } finally {
    await run.leave();
  }
}

const NOTHING: StepWrites = { events: [] };

/** Feeds `next` with what happens, one input at a time, and does what it says. */
class TaskRun {
  private run = initialRun;
  private readonly inputs = new Mailbox<RunInput>();
  private readonly ended = Promise.withResolvers<Ended>();
  private readonly steps: Steps;
  private readonly underWay = new Set<Promise<void>>();
  private endRest: () => void = () => undefined;

  constructor(
    private readonly ports: RunTaskPorts,
    private readonly lease: TaskLease,
    private readonly record: TaskRecord,
  ) {
    this.steps = new Steps(ports, lease, record);
  }

  private get state(): TaskState {
    return this.record.state;
  }

  async toItsEnd(cancelledBy: Asker | undefined): Promise<Ended> {
    const { timer, clock } = this.ports;
    const { signal } = this.lease;
    signal.throwIfAborted();
    const onLost = (): void => this.ended.reject(signal.reason as Error);
    signal.addEventListener('abort', onLost, { once: true });
    const stopNudges = this.lease.onNudge(() => this.inputs.post({ kind: 'nudge' }));
    const left = Date.parse(this.state.deadlineAt) - clock.now().getTime();
    const stopDeadline = timer.after(left, () => this.inputs.post({ kind: 'deadline' }));
    try {
      this.inputs.post(cancelledBy === undefined ? { kind: 'begin' } : { kind: 'cancel', by: cancelledBy });
      void this.inputs.deliver((input) => this.handle(input));
      return await this.ended.promise;
    } finally {
      this.inputs.close();
      this.endRest();
      stopDeadline();
      stopNudges();
      signal.removeEventListener('abort', onLost);
    }
  }

  /** After what is under way has ended; its results count no more. */
  async leave(): Promise<void> {
    await Promise.all(this.underWay);
    await this.steps.leave();
  }

  private handle(input: RunInput): void {
    try {
      const [run, actions] = next(this.run, input, this.state, this.ports.timer.now());
      this.run = run;
      for (const action of actions) this.do(action);
    } catch (error) {
      this.ended.reject(error);
    }
  }

  private do(action: RunAction): void {
    switch (action.kind) {
      case 'interrupt':
        return this.steps.interrupt();
      case 'start':
        return this.after(this.start(action.effect), { kind: 'done', key: keyOf(action.effect) });
      case 'record':
        return this.after(
          this.ports.aroundStep(this.state, action.effect, () => this.record.append(() => NOTHING)),
          { kind: 'done', key: RECORD },
        );
      case 'record-failure':
        return this.after(this.recordFailure(action), { kind: 'done', key: INTERRUPTION });
      case 'ask-cancelled':
        return this.then(this.ports.store.cancelledBy(this.state.token), (by) =>
          by === undefined ? { kind: 'not-cancelled' } : { kind: 'cancel', by },
        );
      case 'look':
        return this.then(this.look(action.waits, action.inStore), (found) => ({ kind: 'looked', found }));
      case 'take-turn':
        return this.then(this.takeTurn(), (taken) => ({ kind: 'turn', taken }));
      case 'park':
        return this.then(this.park(action.waits), (parked) => ({ kind: 'parked', parked }));
      case 'rest':
        return this.rest(action);
      case 'end':
        return this.ended.resolve(action.outcome);
      default:
        return never(action);
    }
  }

  /** What the work comes to is the next input; where it fails, the run ends with its error. */
  private then<T>(work: Promise<T>, inputOf: (result: T) => RunInput): void {
    const done = work
      .then((result) => this.inputs.post(inputOf(result)))
      .catch((error: unknown) => this.ended.reject(error))
      .finally(() => this.underWay.delete(done));
    this.underWay.add(done);
  }

  private after(work: Promise<unknown>, input: RunInput): void {
    this.then(work, () => input);
  }

  private start(effect: Runnable): Promise<void> {
    return this.steps.run(this.state, effect, {
      onFailure: (error) => this.inputs.post({ kind: 'failed', error }),
      onNote: (note) => this.inputs.post({ kind: 'note', key: keyOf(effect), note }),
    });
  }

  private async recordFailure({
    error,
    cancelledBy,
  }: Extract<RunAction, { kind: 'record-failure' }>): Promise<void> {
    await this.record.append(({ failure, outcome }) =>
      failure === undefined && outcome === undefined
        ? { events: [{ type: 'StepFailed', data: { step: 'request', error, cancelledBy } }] }
        : NOTHING,
    );
  }

  /** Stores the answers that are there; whether there were any. */
  private async look(waits: readonly Wait[], inStore: boolean): Promise<boolean> {
    const { state } = this;
    const met = await endedWaits(this.ports, state, waits, inStore);
    const taken = met.map(({ wait, writes }) => {
      const stillAwaits = (now: TaskState): boolean =>
        nextEffects(now).some((effect) => keyOf(effect) === keyOf(wait));
      return this.ports.aroundStep(state, wait, () =>
        this.record.append((now) => (stillAwaits(now) ? writes : NOTHING)),
      );
    });
    await Promise.all(taken);
    return met.length > 0;
  }

  /** False: another task of the service is rolled out now, and this one is claimed again after it. */
  private async takeTurn(): Promise<boolean> {
    if (!(await this.ports.store.takeTurn(this.lease.claim, this.state))) return false;
    await this.record.append(() => ({ events: [{ type: 'TurnTaken', data: {} }] }));
    return true;
  }

  private park(waits: readonly Wait[]): Promise<boolean> {
    const deadline = Date.parse(this.state.deadlineAt);
    const dueAt = new Date(Math.min(this.ports.clock.now().getTime() + PARK_MS, deadline));
    return this.ports.store.park(this.lease.claim, this.state, waitsOf(waits), dueAt);
  }

  /** An answer ends it, or the time. One that came by before it was looked for is there already. */
  private rest({ waits, ms, then }: Extract<RunAction, { kind: 'rest' }>): void {
    const { answers, timer } = this.ports;
    this.endRest();
    const onAnswer = (): void => this.inputs.post({ kind: 'answer' });
    const ends = [
      timer.after(ms, () => this.inputs.post(then)),
      ...waitsOf(waits).accessTokens.map((accessToken) => answers.onAnswer(accessToken, onAnswer)),
    ];
    this.endRest = () => ends.forEach((end) => end());
    if (hasAnswer(answers, waits)) onAnswer();
  }
}
