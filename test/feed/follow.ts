import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { Secret } from '#libs/config';
import type { FeedAddress } from '../../apps/gateway/src/traffic/adapters/feed-link.js';
import { FeedSource } from '../../apps/gateway/src/traffic/adapters/feed-source.js';
import type { PictureChange, PictureInstance } from '../../apps/gateway/src/traffic/domain/picture.js';
import { READ_TOKEN } from '../../apps/load-balancer/src/traffic-feed/feed.testing.js';

export const token = new Secret(READ_TOKEN);
/** What a file has started; it ends them in the other order. */
export const stops: (() => Promise<unknown>)[] = [];

/** What a gateway was told, and when, and why it lost a connection. */
export async function follow(urls: readonly string[], more: Partial<FeedAddress> = {}) {
  const seen = new Map<string, number>();
  const lost: string[] = [];
  let snapshots = 0;
  const source = new FeedSource({
    address: { urls, token, ...more },
    ...{ gateway: 'edge', process: randomUUID() },
    ...{ onConnected: () => undefined, onLost: (_url, why) => void lost.push(why) },
    onError: (error) => expect.fail(String(error)),
  });
  const mark = ({ name }: { readonly name: string }): void => void seen.set(name, performance.now());
  await source.start({
    onSnapshot: (_revision, _services, all: readonly PictureInstance[]) => {
      all.forEach(mark);
      snapshots += 1;
      return Promise.resolve();
    },
    onChanges: (_revision, changes: readonly PictureChange[]) => {
      for (const change of changes) if (change.kind === 'instance') mark(change);
      return Promise.resolve();
    },
  });
  stops.push(async () => {
    await source.stop();
    await source.close();
  });
  return { seen, lost, snapshots: () => snapshots };
}
