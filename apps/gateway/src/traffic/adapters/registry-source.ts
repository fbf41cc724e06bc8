import type { Listener, Pool } from '#libs/postgres';
import {
  RegistryFeed,
  type RegistryChange,
  type RegistryInstance,
  type RegistryService,
} from '#libs/registry-client';
import type { PictureChange, PictureInstance, PictureService } from '../domain/picture.js';
import type { TrafficHandlers, TrafficSource } from '../ports.js';

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
      onSnapshot: ({ revision, services, instances }) =>
        handlers.onSnapshot(revision, services.map(serviceOf), instances.map(instanceOf)),
      async onChanges(changes) {
        const last = changes.at(-1);
        if (last !== undefined) await handlers.onChanges(last.revision, changes.flatMap(changeOf));
      },
    });
    this.feed = feed;
    await feed.start();
  }

  async restart(): Promise<void> {
    await this.stop();
    if (this.handlers !== undefined) await this.start(this.handlers);
  }

  async stop(): Promise<void> {
    await this.feed?.stop();
  }
}

const serviceOf = ({ appId, service, wantedState, wanted }: RegistryService): PictureService => ({
  ...{ appId, service },
  isWanted: wantedState === 'running' && wanted !== 0,
});

const instanceOf = (row: RegistryInstance): PictureInstance => ({
  ...{ name: row.name, appId: row.appId, service: row.service, state: row.state },
  ...{ address: row.ip, port: row.port, release: row.release },
});

function changeOf(change: RegistryChange): readonly PictureChange[] {
  switch (change.kind) {
    case 'node':
      return [];
    case 'service':
      return [{ kind: 'service', id: change.name, service: change.service && serviceOf(change.service) }];
    case 'instance':
      return [
        { kind: 'instance', name: change.name, instance: change.instance && instanceOf(change.instance) },
      ];
  }
}
