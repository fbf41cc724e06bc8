import { type FeedEntry, feedEntrySchema } from '#libs/contracts';
import type { Listener, Pool } from '#libs/postgres';
import { readRevision, RegistryFeed, trafficChanges, trafficEntries } from '#libs/registry-client';
import { within } from '#libs/runtime';
import type { FeedLog } from '../domain/feed-log.js';
import type { FollowedRegistry } from '../ports.js';

const CAUGHT_UP_MS = 10_000;

interface RegistryLogParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  readonly log: FeedLog;
  readonly onGrown: () => void;
  /** Of an entry that no gateway would take: it is left out, and the others are not. */
  readonly onUnfit: (entry: FeedEntry) => void;
  readonly onError: (error: unknown) => void;
}

/** Brings what the registry's views say into the log. */
export class RegistryLog implements FollowedRegistry {
  private readonly feed: RegistryFeed;
  private readonly waiting = new Set<() => void>();

  constructor(private readonly parts: RegistryLogParts) {
    const { pool, listener, log, onError } = parts;
    this.feed = new RegistryFeed({
      ...{ pool, listener, onError, filter: { isLive: true } },
      onSnapshot: (snapshot) => {
        log.replace(
          snapshot.revision,
          trafficEntries(snapshot).filter((entry) => this.fits(entry)),
        );
        this.grown();
      },
      onChanges: (changes) => {
        const last = changes.at(-1);
        if (last === undefined) return;
        log.append(
          last.revision,
          trafficChanges(changes).filter(({ entry }) => this.fits(entry)),
        );
        this.grown();
      },
    });
  }

  start(): Promise<void> {
    return this.feed.start();
  }

  stop(): Promise<void> {
    return this.feed.stop();
  }

  async caughtUp(): Promise<void> {
    const latest = await readRevision(this.parts.pool);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = (): void => {
      if ((this.parts.log.revision ?? -1) >= latest) resolve();
    };
    this.waiting.add(look);
    try {
      look();
      this.feed.wake();
      await within(CAUGHT_UP_MS, 'the registry', promise);
    } finally {
      this.waiting.delete(look);
    }
  }

  private fits(entry: FeedEntry): boolean {
    const isFit = feedEntrySchema.safeParse(entry).success;
    if (!isFit) this.parts.onUnfit(entry);
    return isFit;
  }

  private grown(): void {
    for (const look of this.waiting) look();
    this.parts.onGrown();
  }
}
