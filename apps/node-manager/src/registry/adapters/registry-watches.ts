import type { WatchChange, WatchSnapshot } from '#libs/contracts';
import type { Listener, Pool } from '#libs/postgres';
import { type RegistryChange, RegistryFeed, type RegistrySnapshot } from '#libs/registry-client';
import { eventText, FIRST_LINES, heartbeatText } from '../domain/server-sent-event.js';
import { isWatched, type WatchFilter, watchedSnapshot } from '../domain/watched.js';
import { instanceLine, nodeLine, serviceLine } from './lines.js';
import type { Watcher, Watches, WatchWish } from '../ports.js';

export interface WatchesParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  readonly logger: { warn(fields: object, message: string): void };
  /** The channel of the listener on which new revisions are told. */
  readonly channel: string;
  readonly most?: number;
  readonly heartbeatMs?: number;
  readonly stalledMs?: number;
}

/** Each holds a batch of changes in memory while its client is slow. */
const MOST_WATCHERS = 100;
/** Proxies end answers that are silent for 30 to 60 s. */
const HEARTBEAT_MS = 15_000;
/** A client that takes nothing for so long is cut off; it may connect again with the last id that it has. */
const STALLED_MS = 60_000;
/** The safety net under NOTIFY, of each watcher. */
const POLL_MS = 5_000;

/**
 * Whoever watches the registry here. Each has a feed of its own, which reads the next batch only once its client has
 * taken the last: so a slow one costs one batch of memory, and misses nothing that is not made up for by what came later.
 */
export class RegistryWatches implements Watches {
  private readonly open = new Map<Watch, () => void>();
  private isEnding = false;

  constructor(private readonly parts: WatchesParts) {}

  /** Resolves when new revisions wake the watchers. */
  async start(): Promise<void> {
    const { listener, channel } = this.parts;
    await listener.subscribe(channel, () => this.open.forEach((wake) => wake()));
  }

  watch(watcher: Watcher, wish: WatchWish): 'watching' | 'busy' | 'ending' {
    if (this.isEnding) return 'ending';
    if (this.open.size >= (this.parts.most ?? MOST_WATCHERS)) return 'busy';
    const watch = new Watch(this.parts, watcher, wish, (wake) => this.open.set(watch, wake));
    this.open.set(watch, () => undefined);
    void watch.follow().finally(() => this.open.delete(watch));
    return 'watching';
  }

  /** Ends every answer: their clients connect to another replica, with the last id that they have. */
  async close(): Promise<void> {
    this.isEnding = true;
    await Promise.all([...this.open.keys()].map((watch) => watch.end()));
  }
}

/** One client. */
class Watch {
  private readonly feed: RegistryFeed;
  private readonly ended = new AbortController();
  private revision: number | undefined;
  /** Settled once the client has taken what it had not; undefined while it takes all at once. */
  private full: Promise<void> | undefined;

  constructor(
    private readonly parts: WatchesParts,
    private readonly watcher: Watcher,
    { since, ...filter }: WatchWish,
    onWake: (wake: () => void) => void,
  ) {
    this.revision = since;
    this.feed = new RegistryFeed({
      ...{ pool: parts.pool, since, pollMs: POLL_MS },
      filter: { appId: filter.appId, service: filter.service, node: filter.node, isLive: true },
      listener: {
        // Nobody is woken once the watch has ended: it is not among the open ones then.
        subscribe(_channel, wake) {
          onWake(wake);
          return Promise.resolve(() => undefined);
        },
      },
      onSnapshot: (snapshot) => this.snapshot(snapshot, filter),
      onChanges: (changes) => this.changes(changes, filter),
      onError: (err) => this.failed(err),
    });
  }

  /** Resolves when it has ended. */
  async follow(): Promise<void> {
    const { watcher, parts } = this;
    const heartbeat = setInterval(() => this.beat(), parts.heartbeatMs ?? HEARTBEAT_MS);
    if (watcher.closed.aborted) this.ended.abort();
    watcher.closed.addEventListener('abort', () => this.ended.abort());
    try {
      await this.write(FIRST_LINES);
      await this.feed.start();
      if (!this.ended.signal.aborted) await aborted(this.ended.signal);
    } catch (err) {
      this.failed(err);
    } finally {
      clearInterval(heartbeat);
      await this.feed.stop();
      watcher.end();
    }
  }

  async end(): Promise<void> {
    this.ended.abort();
    await this.feed.stop();
  }

  private async snapshot(found: RegistrySnapshot, filter: WatchFilter): Promise<void> {
    const { revision } = found;
    const snapshot: WatchSnapshot = {
      revision,
      nodes: found.nodes.map(nodeLine),
      services: found.services.map(serviceLine),
      instances: found.instances.map(instanceLine),
    };
    await this.write(eventText('snapshot', revision, watchedSnapshot(snapshot, filter)));
    this.revision = revision;
  }

  private async changes(found: readonly RegistryChange[], filter: WatchFilter): Promise<void> {
    const wanted = found.map(changeLine).filter((change) => isWatched(change, filter));
    const text = wanted.map((change) => eventText('change', change.revision, change)).join('');
    if (text !== '') await this.write(text);
    this.revision = found.at(-1)?.revision;
  }

  private beat(): void {
    if (this.full === undefined) void this.write(heartbeatText(this.revision)).catch(() => undefined);
  }

  /**
   * Writes it once the client has taken most of what came before; resolves once it has taken most of this. Throws where
   * it has gone, or takes nothing for long.
   */
  private async write(text: string): Promise<void> {
    await this.full;
    this.ended.signal.throwIfAborted();
    if (this.watcher.write(text)) return;
    this.full = this.drained().finally(() => (this.full = undefined));
    await this.full;
  }

  private async drained(): Promise<void> {
    const { watcher, ended, parts } = this;
    const late = AbortSignal.timeout(parts.stalledMs ?? STALLED_MS);
    try {
      await watcher.drained(AbortSignal.any([ended.signal, late]));
    } catch (error) {
      ended.abort();
      if (late.aborted) watcher.cutOff();
      throw error;
    }
  }

  /** What was not read is read again at the next wake; a client that has gone is no error. */
  private failed(err: unknown): void {
    if (!this.ended.signal.aborted) this.parts.logger.warn({ err }, 'a watcher waits for the registry');
  }
}

function changeLine(change: RegistryChange): WatchChange {
  const { revision, kind, name } = change;
  switch (change.kind) {
    case 'node':
      return { revision, kind, name, ...(change.node && { node: nodeLine(change.node) }) };
    case 'service':
      return { revision, kind, name, ...(change.service && { service: serviceLine(change.service) }) };
    case 'instance':
      return { revision, kind, name, ...(change.instance && { instance: instanceLine(change.instance) }) };
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
