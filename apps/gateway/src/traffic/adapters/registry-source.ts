import type { Listener, Pool } from '#libs/postgres';
import { RegistryFeed, trafficChanges, trafficEntries } from '#libs/registry-client';
import type { TrafficHandlers, TrafficSource } from '../ports.js';
import { instancesOf, pictureChanges, servicesOf } from './feed-entries.js';

interface RegistrySourceParts {
  readonly pool: Pool;
  readonly listener: Pick<Listener, 'subscribe'>;
  readonly onError: (error: unknown) => void;
}

/** The registry's views. */
export class RegistrySource implements TrafficSource {
  private feed: RegistryFeed | undefined;
  private handlers: TrafficHandlers | undefined;

  constructor(private readonly parts: RegistrySourceParts) {}

  async start(handlers: TrafficHandlers): Promise<void> {
    this.handlers = handlers;
    const feed = new RegistryFeed({
      ...this.parts,
      filter: { isLive: true },
      onSnapshot(snapshot) {
        const entries = trafficEntries(snapshot);
        return handlers.onSnapshot(snapshot.revision, servicesOf(entries), instancesOf(entries));
      },
      async onChanges(changes) {
        const last = changes.at(-1);
        const entries = trafficChanges(changes).map(({ entry }) => entry);
        if (last !== undefined) await handlers.onChanges(last.revision, pictureChanges(entries));
      },
    });
    this.feed = feed;
    await feed.start().catch(async (error: unknown) => {
      await feed.stop();
      throw error;
    });
  }

  async restart(): Promise<void> {
    await this.stop();
    if (this.handlers !== undefined) await this.start(this.handlers);
  }

  async stop(): Promise<void> {
    await this.feed?.stop();
  }
}
