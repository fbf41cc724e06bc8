import type { ClaimedTask, TaskLease } from './ports.js';
import type { RunOutcome } from './run-task.js';

export interface WorkerPorts {
  claim(): Promise<ClaimedTask | undefined>;
  /** Extends the leases. Gives the ids of the tasks that are still held; the others are somebody else's. */
  heartbeat(held: readonly ClaimedTask[]): Promise<ReadonlySet<string>>;
  /** Milliseconds until a lease of another replica lapses, if one does within that time. */
  nextLapse(withinMs: number): Promise<number | undefined>;
  run(lease: TaskLease): Promise<RunOutcome>;
  onError(error: unknown, taskId?: string): void;
}

interface WorkerLimits {
  /** Tasks carried on at once by this replica. */
  readonly concurrency: number;
  readonly leaseMs: number;
  /** The safety net under LISTEN/NOTIFY, and how far ahead it looks for leases that lapse. */
  readonly pollMs: number;
}

const BEATS_PER_LEASE = 3;
/** Added to the moment when a lease lapses: seen too early, it would be seen at the next look only. */
const AFTER_LAPSE_MS = 5;

interface Running {
  readonly claim: ClaimedTask;
  /** By performance.now(): from then on another replica may have it. */
  heldUntil: number;
  readonly abort: AbortController;
  readonly nudges: Set<() => void>;
  readonly done: Promise<void>;
}

/** Claims tasks by lease and carries them on, up to `concurrency` at once; `wake()` says that there may be work. */
export class TaskWorkers {
  private readonly running = new Map<string, Running>();
  private timer: NodeJS.Timeout | undefined;
  private beats: NodeJS.Timeout | undefined;
  private lapse: NodeJS.Timeout | undefined;
  private filling: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly ports: WorkerPorts,
    private readonly limits: WorkerLimits,
  ) {}

  start(): void {
    this.timer = setInterval(() => this.look(), this.limits.pollMs);
    this.beats = setInterval(() => void this.beat(), this.limits.leaseMs / BEATS_PER_LEASE);
    this.look();
  }

  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.filling ??= this.fill().finally(() => {
      this.filling = undefined;
      if (this.again) this.wake();
    });
  }

  /** There may be something to look at for this task, or for all where none is named. */
  nudge(taskId?: string): void {
    const tasks = taskId === undefined ? [...this.running.values()] : [this.running.get(taskId)];
    for (const task of tasks) task?.nudges.forEach((callback) => callback());
  }

  /** Takes no more, lets what runs end within `deadlineMs`, then lets go: another replica goes on. */
  async stop(deadlineMs: number): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    clearTimeout(this.lapse);
    await this.filling;
    const all = [...this.running.values()];
    const abort = setTimeout(() => all.forEach((task) => task.abort.abort()), deadlineMs);
    await Promise.all(all.map((task) => task.done));
    clearTimeout(abort);
    clearInterval(this.beats);
  }

  private look(): void {
    this.wake();
    this.awaitLapse().catch((error: unknown) => this.ports.onError(error));
  }

  /** Of a replica that was killed nobody is told: its lease says when its work may be taken over. */
  private async awaitLapse(): Promise<void> {
    const ms = await this.ports.nextLapse(this.limits.pollMs);
    clearTimeout(this.lapse);
    if (ms !== undefined && !this.stopped) this.lapse = setTimeout(() => this.look(), ms + AFTER_LAPSE_MS);
  }

  private async fill(): Promise<void> {
    while (this.again && !this.stopped && this.running.size < this.limits.concurrency) {
      this.again = false;
      try {
        const claim = await this.ports.claim();
        if (claim === undefined) continue;
        this.again = true;
        this.carryOn(claim);
      } catch (error) {
        this.ports.onError(error);
      }
    }
    if (this.running.size >= this.limits.concurrency) this.again = false;
  }

  /** Says of all tasks that they are still worked on here, in one statement. */
  private async beat(): Promise<void> {
    const held = [...this.running.values()];
    if (held.length === 0) return;
    const asked = performance.now();
    try {
      const still = await this.ports.heartbeat(held.map(({ claim }) => claim));
      for (const task of held)
        if (still.has(task.claim.taskId)) task.heldUntil = asked + this.limits.leaseMs;
        else task.abort.abort();
    } catch (error) {
      this.ports.onError(error);
      // Cut off from the database for so long, another may have it by now.
      for (const task of held) if (performance.now() > task.heldUntil) task.abort.abort();
    }
  }

  private carryOn(claim: ClaimedTask): void {
    const abort = new AbortController();
    const nudges = new Set<() => void>();
    const onNudge = (callback: () => void): (() => void) => {
      nudges.add(callback);
      return () => nudges.delete(callback);
    };
    const done = this.ports
      .run({ claim, signal: abort.signal, onNudge })
      .then(() => undefined)
      .catch((error: unknown) => this.ports.onError(error, claim.taskId))
      .finally(() => {
        // What came while there was no room for it was not claimed.
        const wasFull = this.running.size >= this.limits.concurrency;
        this.running.delete(claim.taskId);
        if (wasFull) this.wake();
      });
    const heldUntil = performance.now() + this.limits.leaseMs;
    this.running.set(claim.taskId, { claim, heldUntil, abort, nudges, done });
  }
}
