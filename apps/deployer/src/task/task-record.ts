import type { GatewayAddress } from '../routes/domain/gateway-address.js';
import { decideFrom } from './domain/decide.js';
import { joined, type StepWrites } from './domain/step-writes.js';
import type { TaskEvent } from './domain/task.events.js';
import { evolve, foldTask, type TaskState } from './domain/task.state.js';
import type { ClaimedTask, Clock, TaskHistory, TaskStore } from './ports.js';

export interface TaskRecordPorts {
  readonly store: TaskStore;
  readonly clock: Clock;
  readonly drainMs?: number;
  readonly placeWaitMs?: number;
  readonly gateway?: GatewayAddress;
  /** Called with what was stored, and the state that it led to. */
  onStored?(state: TaskState, events: readonly TaskEvent[]): void;
}

/** What an effect came to, to be stored. */
interface Step {
  /** On the state that it is stored on. */
  readonly writes: (state: TaskState) => StepWrites;
  readonly resolve: (events: readonly TaskEvent[]) => void;
  readonly reject: (error: unknown) => void;
}

/** A claimed task as its events say, and what its effects add to them. */
export class TaskRecord {
  private current: TaskState;
  private version: number;
  private readonly steps: Step[] = [];
  private storing: Promise<void> = Promise.resolve();

  constructor(
    private readonly ports: TaskRecordPorts,
    private readonly claim: ClaimedTask,
    history: TaskHistory,
  ) {
    this.current = foldTask(history.events);
    this.version = history.version;
  }

  get state(): TaskState {
    return this.current;
  }

  /**
   * Stores a step, guarded by the fence, and with it the recorded effects that follow from it; one transaction at a
   * time, each with all steps that have come to their end by then. Gives the events of this step.
   */
  append(writes: Step['writes']): Promise<readonly TaskEvent[]> {
    const { promise, resolve, reject } = Promise.withResolvers<readonly TaskEvent[]>();
    this.steps.push({ writes, resolve, reject });
    this.storing = this.storing.then(() => this.storeAll());
    return promise;
  }

  private async storeAll(): Promise<void> {
    // What others come to in this turn of the event loop goes with it.
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const steps = this.steps.splice(0);
    try {
      const { written, after } = this.following(steps);
      const all = joined(written);
      if (all.events.length > 0) await this.store(all, after);
      steps.forEach(({ resolve }, n) => resolve(written[n]?.events ?? []));
    } catch (error) {
      for (const { reject } of steps) reject(error);
    }
  }

  /** Each on the state that the one before leaves. */
  private following(steps: readonly Step[]): {
    readonly written: readonly StepWrites[];
    readonly after: TaskState;
  } {
    const { clock, drainMs, placeWaitMs, gateway } = this.ports;
    const given = { now: clock.now(), drainMs, placeWaitMs, gateway };
    let after = this.current;
    const written = steps.map(({ writes }) => {
      const all = decideFrom(after, writes(after), given);
      after = all.events.reduce<TaskState>(evolve, after);
      return all;
    });
    return { written, after };
  }

  private async store(writes: StepWrites, after: TaskState): Promise<void> {
    await this.ports.store.append(this.claim, this.current, this.version, writes);
    this.current = after;
    this.version += writes.events.length;
    this.ports.onStored?.(after, writes.events);
  }
}
