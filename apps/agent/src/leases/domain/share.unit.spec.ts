import { describe, expect, it } from 'vitest';
import { randomOf } from '#libs/testing';
import { type LeaseRow, shareOf } from './share.js';

const steady = { isSteady: true };
const live = (node: string, holder: string): LeaseRow => ({ node, holder, state: 'live' });

describe('shareOf', () => {
  it('takes all nodes where there is no other replica', () => {
    expect(shareOf({ nodes: ['a', 'b'], others: [], leases: [] }, 'r1', steady)).toEqual({
      ...{ take: ['a', 'b'], give: [], forget: [] },
    });
  });

  it('gives its surplus back when a replica joins, and no more', () => {
    const leases = ['a', 'b', 'c'].map((node) => live(node, 'r1'));
    expect(shareOf({ nodes: ['a', 'b', 'c'], others: ['r2'], leases }, 'r1', steady).give).toEqual(['c']);
    expect(shareOf({ nodes: ['a', 'b', 'c'], others: ['r1'], leases }, 'r2', steady).take).toEqual([]);
  });

  it('takes what lapsed, but not right after the database was away: its holder is about to renew it', () => {
    const table = {
      nodes: ['a'],
      others: [],
      leases: [{ node: 'a', holder: 'r1', state: 'lapsed' as const }],
    };
    expect(shareOf(table, 'r2', { isSteady: false }).take).toEqual([]);
    expect(shareOf(table, 'r2', steady).take).toEqual(['a']);
    expect(shareOf(table, 'r1', { isSteady: false }).take).toEqual(['a']);
  });

  it('buries a node that was removed once nobody holds it', () => {
    const leases = [live('a', 'r2'), { node: 'b', holder: 'r2', state: 'free' as const }];
    expect(shareOf({ nodes: [], others: [], leases }, 'r1', steady)).toEqual({
      ...{ take: [], give: [], forget: ['b'] },
    });
  });

  it('gives a node back that was removed', () => {
    expect(shareOf({ nodes: [], others: [], leases: [live('a', 'r1')] }, 'r1', steady).give).toEqual(['a']);
  });
});

/** Leases as the table holds them, and replicas that act on what they read a while ago. */
class World {
  readonly holders = new Map<string, string>();
  readonly replicas = new Set<string>();
  moves = 0;
  private readonly read = new Map<string, ReturnType<typeof shareOf>>();

  constructor(readonly nodes: readonly string[]) {}

  look(replica: string): void {
    const leases = [...this.holders].map(([node, holder]) => live(node, holder));
    const others = [...this.replicas].filter((other) => other !== replica);
    this.read.set(replica, shareOf({ nodes: this.nodes, others, leases }, replica, steady));
  }

  /** Each statement takes what is free at that moment, and gives what is its own. */
  act(replica: string): void {
    const share = this.read.get(replica);
    this.read.delete(replica);
    if (share === undefined || !this.replicas.has(replica)) return;
    for (const node of share.give)
      if (this.holders.get(node) === replica) {
        this.holders.delete(node);
        this.moves += 1;
      }
    for (const node of share.take)
      if (!this.holders.has(node)) {
        this.holders.set(node, replica);
        this.moves += 1;
      }
  }

  end(replica: string): void {
    this.replicas.delete(replica);
    for (const [node, holder] of this.holders) if (holder === replica) this.holders.delete(node);
  }

  counts(): readonly number[] {
    return [...this.replicas].map(
      (replica) => [...this.holders.values()].filter((holder) => holder === replica).length,
    );
  }

  /** Each replica reads and acts in turn. */
  settle(rounds: number): void {
    for (let round = 0; round < rounds; round += 1)
      for (const replica of this.replicas) {
        this.look(replica);
        this.act(replica);
      }
  }
}

describe('replicas that share nodes', () => {
  it.each(Array.from({ length: 300 }, (_, seed) => seed))(
    'come and go, read and act in any order, and end with even shares that do not move any more (seed %i)',
    (seed) => {
      const random = randomOf(seed);
      const some = (below: number): number => Math.floor(random() * below);
      const world = new World(Array.from({ length: some(12) }, (_, n) => `node-${n}`));
      const names = Array.from({ length: 5 }, (_, n) => `r${n}`);
      for (let step = 0; step < 100; step += 1) {
        const replica = names[some(names.length)] ?? 'r0';
        const chance = random();
        if (chance < 0.1) world.replicas.add(replica);
        else if (chance < 0.15) world.end(replica);
        else if (world.replicas.has(replica)) (chance < 0.6 ? world.look : world.act).call(world, replica);
      }
      world.replicas.add('r0');
      world.settle(4);
      const counts = world.counts();
      expect(world.holders.size).toBe(world.nodes.length);
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
      const before = world.moves;
      world.settle(5);
      expect(world.moves, 'moves once settled').toBe(before);
    },
  );
});
