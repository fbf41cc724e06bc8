import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import type { RegistryChange, RegistrySnapshot } from './changes.js';
import { RegistryFeed, type RegistryFeedOptions } from './registry-feed.js';
import { ADD_NODE, createTestRegistry, type TestRegistry } from './registry.testing.js';

let registry: TestRegistry;
beforeAll(async () => {
  registry = await createTestRegistry();
});
afterAll(() => registry.close());
beforeEach(() => registry.owner.query('DELETE FROM node_records'));

const feeds: RegistryFeed[] = [];
afterEach(() => Promise.all(feeds.splice(0).map((feed) => feed.stop())));

/** What a consumer of the feed knows: names of nodes. */
class Picture {
  readonly snapshots: RegistrySnapshot[] = [];
  readonly changes: RegistryChange[] = [];
  readonly errors: unknown[] = [];
  readonly nodes = new Set<string>();

  async follow(options: Partial<RegistryFeedOptions> = {}): Promise<void> {
    const { reader: pool, listener } = registry;
    const feed = new RegistryFeed({
      ...{ pool, listener, pollMs: 60_000 },
      onSnapshot: (snapshot) => {
        this.snapshots.push(snapshot);
        this.nodes.clear();
        for (const { name } of snapshot.nodes) this.nodes.add(name);
      },
      onChanges: (changes) => this.apply(changes),
      onError: (error) => this.errors.push(error),
      ...options,
    });
    feeds.push(feed);
    await feed.start();
    await until('the snapshot', () => this.snapshots.length > 0);
  }

  apply(changes: readonly RegistryChange[]): void {
    this.changes.push(...changes);
    for (const change of changes)
      if (change.kind === 'node' && change.node === undefined) this.nodes.delete(change.name);
      else this.nodes.add(change.name);
  }
}

const addNode = (name: string) => registry.owner.query(ADD_NODE, [name]);
const untilKnown = (picture: Picture, names: readonly string[]) =>
  until(`${names.join()} to be known`, () => [...picture.nodes].sort().join() === [...names].sort().join());

describe('the feed', () => {
  it('begins with a snapshot, then NOTIFY brings each change, and removals too', async () => {
    await addNode('a');
    const picture = new Picture();
    await picture.follow();
    expect(picture.snapshots[0]?.nodes).toMatchObject([{ name: 'a' }]);
    await addNode('b');
    await untilKnown(picture, ['a', 'b']);
    await registry.owner.query(`DELETE FROM node_records WHERE name = 'a'`);
    await untilKnown(picture, ['b']);
    expect(picture.changes.map(({ name }) => name)).toEqual(['b', 'a']);
    expect(picture.snapshots).toHaveLength(1);
  });

  it('finds by its own look what no notification told', async () => {
    const picture = new Picture();
    await picture.follow({ listener: { subscribe: () => Promise.resolve(() => undefined) }, pollMs: 20 });
    await addNode('a');
    await untilKnown(picture, ['a']);
  });

  it('gives changes again that were not taken, and those after them later', async () => {
    const picture = new Picture();
    let failures = 0;
    const onChanges = (changes: readonly RegistryChange[]): void => {
      if (failures++ === 0) throw new Error('not now');
      picture.apply(changes);
    };
    await picture.follow({ onChanges, pollMs: 20 });
    await addNode('a');
    await untilKnown(picture, ['a']);
    expect(picture.errors).toMatchObject([{ message: 'not now' }]);
    expect(picture.changes.map(({ name }) => name)).toEqual(['a']);
  });

  it('begins anew with a snapshot where what it missed is forgotten', async () => {
    await addNode('a');
    const picture = new Picture();
    // Also for a look that was under way when they were forgotten: only a snapshot can tell of them.
    const onChanges = (): void => {
      throw new Error('busy');
    };
    await picture.follow({ onChanges, pollMs: 20 });
    await registry.owner.query('DELETE FROM node_records');
    await until('it to be told', () => picture.errors.length > 0);
    await registry.owner.query('DELETE FROM change_records WHERE removed_at IS NOT NULL');
    await untilKnown(picture, []);
    expect(picture.snapshots).toHaveLength(2);
  });
});
