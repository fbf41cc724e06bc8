import type { Readable } from 'node:stream';
import { engineError, toEngineError } from './classify.js';
import { jsonLines } from './json-lines.js';

/** How containers end and go, from the first that the engine remembers; open until it is aborted. */
type OpenEvents = (signal: AbortSignal) => Promise<Readable>;

/** Of an event, what is used of it; another program's engine may leave any of it out. */
interface ContainerEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: { readonly exitCode?: string } };
}

interface Watcher {
  ended(exitCode: number): void;
  failed(error: unknown): void;
}

/** A stream that nobody waits for; opening one costs a channel, so the next deployment finds it open. */
const IDLE_MS = 60_000;
/** Of strangers' containers too: whose container is asked for next is not known. */
const KEPT_EXITS = 1_000;
const WHAT = 'Watching containers';

/**
 * How the containers of one engine end. All who ask share one stream of its events, which is opened at the first
 * question and again at the next one after it broke: a call for each of many watched at once is a channel for each.
 */
export class ExitWatch {
  private readonly exits = new Map<string, number>();
  private readonly outOfMemory = new Set<string>();
  private readonly watchers = new Map<string, Set<Watcher>>();
  private stream: AbortController | undefined;
  private idle: NodeJS.Timeout | undefined;

  constructor(private readonly openEvents: OpenEvents) {}

  /** As `Engine.firstExit`. */
  firstExit(id: string, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const calledOff = (): void => watcher.failed(signal.reason);
      const leave = (): void => {
        signal.removeEventListener('abort', calledOff);
        this.leave(id, watcher);
      };
      const watcher: Watcher = {
        ended: (exitCode) => (leave(), resolve(exitCode)),
        failed: (error) => (leave(), reject(error as Error)),
      };
      if (signal.aborted) return calledOff();
      const known = this.exits.get(id);
      if (known !== undefined) return resolve(known);
      signal.addEventListener('abort', calledOff);
      this.join(id, watcher);
    });
  }

  /** Whether a process of it was killed for want of memory: an engine forgets that when it starts it again. */
  wasOutOfMemory(id: string): boolean {
    return this.outOfMemory.has(id);
  }

  /** Whoever waits is told ENGINE_UNREACHABLE. */
  close(): void {
    const { stream } = this;
    if (stream !== undefined) this.lost(stream, engineError('ENGINE_UNREACHABLE', WHAT, 'closed'));
  }

  private join(id: string, watcher: Watcher): void {
    clearTimeout(this.idle);
    const ofContainer = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, ofContainer.add(watcher));
    if (this.stream !== undefined) return;
    this.stream = new AbortController();
    void this.follow(this.stream);
  }

  private leave(id: string, watcher: Watcher): void {
    const ofContainer = this.watchers.get(id);
    if (!ofContainer?.delete(watcher) || ofContainer.size > 0) return;
    this.watchers.delete(id);
    if (this.watchers.size === 0) this.idle = setTimeout(() => this.close(), IDLE_MS).unref();
  }

  private async follow(stream: AbortController): Promise<void> {
    try {
      const events = await this.openEvents(stream.signal);
      for await (const event of jsonLines<ContainerEvent | null>(events)) this.take(event);
      this.lost(stream, engineError('ENGINE_UNREACHABLE', WHAT, 'the engine ended its events'));
    } catch (error) {
      // The engine remembers such a line: who asks again at once would meet it again at once.
      const unreadable = error instanceof SyntaxError;
      this.lost(stream, unreadable ? engineError('ENGINE_FAILED', WHAT, error) : toEngineError(WHAT, error));
    }
  }

  private take(event: ContainerEvent | null): void {
    const id = event?.Actor?.ID;
    if (id === undefined) return;
    if (event?.Action === 'destroy' || event?.Action === 'remove') this.destroyed(id);
    if (event?.Action === 'oom') this.keepOutOfMemory(id);
    const exitCode = Number(event?.Actor?.Attributes?.exitCode);
    if (event?.Action === 'die' && Number.isInteger(exitCode)) this.ended(id, exitCode);
  }

  private ended(id: string, exitCode: number): void {
    if (this.exits.has(id)) return;
    this.exits.set(id, exitCode);
    const [oldest = id] = this.exits.keys();
    if (this.exits.size > KEPT_EXITS) this.exits.delete(oldest);
    this.watchers.get(id)?.forEach((watcher) => watcher.ended(exitCode));
  }

  private keepOutOfMemory(id: string): void {
    this.outOfMemory.add(id);
    const [oldest = id] = this.outOfMemory;
    if (this.outOfMemory.size > KEPT_EXITS) this.outOfMemory.delete(oldest);
  }

  private destroyed(id: string): void {
    this.exits.delete(id);
    this.outOfMemory.delete(id);
    const gone = engineError('CONTAINER_NOT_FOUND', `Watching ${id}`, 'it was removed');
    this.watchers.get(id)?.forEach((watcher) => watcher.failed(gone));
  }

  /** A stream that was given up before, and another perhaps opened, is no news. */
  private lost(stream: AbortController, error: unknown): void {
    stream.abort();
    if (this.stream !== stream) return;
    this.stream = undefined;
    for (const watcher of [...this.watchers.values()].flatMap((some) => [...some])) watcher.failed(error);
    clearTimeout(this.idle);
  }
}
