import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { recordVerdict } from '../state/adapters/verdicts.js';
import { PostgresLeases } from './adapters/postgres-leases.js';
import { LEASE_MS, LeaseKeeper, RENEW_MS } from './hold-leases.js';
import { AgentDatabase } from './leases.testing.js';
import type { HeldNode } from './ports.js';

let database: AgentDatabase;
beforeAll(async () => {
  database = await AgentDatabase.create();
});
beforeEach(() => database.empty());
afterAll(() => database.close());

const NODES = ['node-1', 'node-2', 'node-3', 'node-4', 'node-5', 'node-6', 'node-7'];

/** A replica that renews as one does, and holds nodes without watching them. */
class Replica {
  held: readonly HeldNode[] = [];
  readonly removed: string[] = [];
  readonly keeper: LeaseKeeper;
  private timer: NodeJS.Timeout | undefined;
  private renewing: Promise<void> | undefined;

  constructor(readonly name: string) {
    this.keeper = new LeaseKeeper({
      leases: new PostgresLeases(database.pool, name, LEASE_MS),
      watching: {
        hold: (held) => void (this.held = held),
        removed: async (node) => void this.removed.push(node),
      },
      holder: name,
      monotonicMs: () => performance.now(),
      onAway: () => undefined,
      onBack: () => undefined,
      onNotForgotten: () => undefined,
    });
  }

  get nodes(): readonly string[] {
    return this.held.map(({ node }) => node);
  }

  start(): this {
    const renew = (): void => {
      this.renewing ??= this.keeper.renew().finally(() => (this.renewing = undefined));
    };
    this.timer = setInterval(renew, RENEW_MS);
    renew();
    return this;
  }

  /** As SIGKILL does it. */
  async kill(): Promise<void> {
    clearInterval(this.timer);
    await this.renewing;
  }

  async end(): Promise<void> {
    await this.kill();
    await this.keeper.end();
  }
}

const replicas: Replica[] = [];
function start(name: string): Replica {
  const replica = new Replica(name).start();
  replicas.push(replica);
  return replica;
}
afterEach(async () => {
  await Promise.all(replicas.splice(0).map((replica) => replica.kill()));
});

const sizes = (...of: readonly Replica[]): readonly number[] =>
  of.map(({ nodes }) => nodes.length).toSorted();
const settled = (counts: readonly number[], ...of: readonly Replica[]) =>
  until(`shares of ${counts.join(', ')}`, () => String(sizes(...of)) === String(counts), {
    timeoutMs: 5_000,
  });

describe('replicas that share nodes by lease', () => {
  it('two and then three have shares that differ by one at most, and no node has two holders', async () => {
    await database.enrol(...NODES);
    const [a, b] = [start('a'), start('b')];
    await settled([3, 4], a, b);
    const c = start('c');
    await settled([2, 2, 3], a, b, c);
    const all = [...a.nodes, ...b.nodes, ...c.nodes];
    expect(all.toSorted()).toEqual(NODES);
  });

  it('one that is killed is missed after its lease: others hold its nodes within 4 s, under higher fences', async () => {
    await database.enrol(...NODES);
    const [a, b, c] = [start('a'), start('b'), start('c')];
    await settled([2, 2, 3], a, b, c);
    const fences = new Map(c.held.map(({ node, fence }) => [node, fence]));
    await c.kill();
    const begun = performance.now();
    await settled([3, 4], a, b);
    expect(performance.now() - begun).toBeLessThan(3 * LEASE_MS);
    for (const { node, fence } of [...a.held, ...b.held])
      expect(fence).toBeGreaterThan(fences.get(node) ?? 0);
  });

  it('one that ends in order leaves its nodes to the others at once', async () => {
    await database.enrol(...NODES);
    const [a, b] = [start('a'), start('b')];
    await settled([3, 4], a, b);
    const begun = performance.now();
    await b.end();
    await settled([7], a);
    // Before its lease would have lapsed.
    expect(performance.now() - begun).toBeLessThan(LEASE_MS);
  });

  it('the next holder knows the verdict of the last, and a verdict with a lower fence is refused', async () => {
    await database.enrol('node-1');
    const a = start('a');
    await settled([1], a);
    const [{ node, fence }] = a.held as [HeldNode];
    const verdict = { state: 'unreachable', reason: 'cut off', since: '2026-01-01T00:00:00.123Z' } as const;
    const found = { node, fence, holder: 'a', verdict };
    expect(await recordVerdict(database.pool, found)).toBe(true);
    await a.end();
    const b = start('b');
    await until('the other to hold it', () => b.held[0]?.verdict);
    expect(b.held[0]?.verdict).toEqual(verdict);
    expect(await recordVerdict(database.pool, found)).toBe(false);
    expect(await recordVerdict(database.pool, { ...found, holder: 'b' })).toBe(false);
  });

  it('a node that is removed is forgotten once, and gets a higher fence when it is added again', async () => {
    await database.enrol('node-1', 'node-2');
    const a = start('a');
    await settled([2], a);
    const fence = a.held[0]?.fence ?? 0;
    await database.query(`DELETE FROM registry.node_records WHERE name = 'node-1'`);
    await until('the lease to be deleted', async () => {
      const { rows } = await database.query(`SELECT FROM node_leases WHERE node = 'node-1'`);
      return rows.length === 0;
    });
    expect([a.removed, a.nodes]).toEqual([['node-1'], ['node-2']]);
    await database.enrol('node-1');
    await settled([2], a);
    expect(a.held[0]?.fence).toBeGreaterThan(fence);
  });

  it('a replica whose lease lapsed unnoticed goes on with the same fence, if nobody took its nodes', async () => {
    await database.enrol('node-1');
    const a = start('a');
    await settled([1], a);
    const [before] = a.held;
    await a.kill();
    await database.query(`UPDATE node_leases SET until = now() - interval '1 s'`);
    await a.keeper.renew();
    expect(a.held).toEqual([before]);
  });

  it('right after the database was away nobody takes what others are about to renew', async () => {
    await database.enrol(...NODES);
    const [a, b] = [start('a'), start('b')];
    await settled([3, 4], a, b);
    const before = [...a.nodes, ...b.nodes].map((node) => [node, a.nodes.includes(node) ? 'a' : 'b']);
    await Promise.all([a.kill(), b.kill()]);
    for (const table of ['node_leases', 'replicas'])
      await database.query(`UPDATE ${table} SET until = now() - interval '10 s'`);
    const late = new Replica('late');
    replicas.push(late);
    await late.keeper.renew();
    const { rows } = await database.query<{ node: string; holder: string }>(
      'SELECT node, holder FROM node_leases',
    );
    expect(rows.map(({ node, holder }) => [node, holder]).toSorted()).toEqual(before.toSorted());
    expect(late.nodes).toEqual([]);
    await a.keeper.renew();
    expect(a.nodes.length).toBeGreaterThan(0);
  });
});
