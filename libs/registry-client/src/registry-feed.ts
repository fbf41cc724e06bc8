import type { Listener, Pool } from '#libs/postgres';
import { readChanges, readSnapshot, type RegistryChange, type RegistrySnapshot } from './changes.js';
import type { InstanceFilter } from './views.js';

/** Notified whenever the registry has a new revision. */
export const CHANGES_CHANNEL = 'registry_changes';

export interface RegistryFeedOptions {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  /** What is known already: only changes after it come, unless they are forgotten. */
  readonly since?: number;
  /** Of snapshots; all of the registry when left out. Changes come all. */
  readonly filter?: InstanceFilter;
  /** First where nothing is known, and again where changes were missed for so long that they are forgotten: replaces all that is known. */
  readonly onSnapshot: (snapshot: RegistrySnapshot) => void | Promise<void>;
  /** In the order of their revisions, none left out. Given again where it throws. */
  readonly onChanges: (changes: readonly RegistryChange[]) => void | Promise<void>;
  readonly onError: (error: unknown) => void;
  /** The safety net under NOTIFY. */
  readonly pollMs?: number;
}

const POLL_MS = 1_000;

/** The registry, and then what changes in it, one call after another: the next one comes once the last has resolved. */
export class RegistryFeed {
  private revision: number | undefined;
  private timer: NodeJS.Timeout | undefined;
  private unsubscribe: (() => void) | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(private readonly options: RegistryFeedOptions) {
    this.revision = options.since;
  }

  /** Resolves when it follows; what the registry holds comes by `onSnapshot`. */
  async start(): Promise<void> {
    this.timer = setInterval(() => this.wake(), this.options.pollMs ?? POLL_MS);
    this.unsubscribe = await this.options.listener.subscribe(CHANGES_CHANNEL, () => this.wake());
    this.wake();
  }

  /** Resolves after the call that runs. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    this.unsubscribe?.();
    await this.running;
  }

  /** Looks at once for what is new. */
  wake(): void {
    if (this.stopped) return;
    this.again = true;
    this.running ??= this.follow().finally(() => {
      this.running = undefined;
      if (this.again) this.wake();
    });
  }

  private async follow(): Promise<void> {
    try {
      while (this.again && !this.stopped) {
        this.again = false;
        await this.readOn();
      }
    } catch (error) {
      // The next wake reads from where this one began.
      this.again = false;
      this.options.onError(error);
    }
  }

  private async readOn(): Promise<void> {
    const { pool, filter, onSnapshot, onChanges } = this.options;
    const changes = this.revision === undefined ? undefined : await readChanges(pool, this.revision);
    if (changes === undefined) {
      const snapshot = await readSnapshot(pool, filter);
      await onSnapshot(snapshot);
      this.revision = snapshot.revision;
      return;
    }
    const last = changes.at(-1);
    if (last === undefined) return;
    await onChanges(changes);
    this.revision = last.revision;
    // There may be more than one batch.
    this.again = true;
  }
}
