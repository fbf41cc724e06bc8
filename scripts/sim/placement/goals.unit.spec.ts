import { describe, expect, it } from 'vitest';
import { goalsOf } from './goals.js';
import { meanOf } from './report.js';
import { Run } from './run.js';
import { kubernetes, leastContainers, nomad, type Scheduler, slipway } from './schedulers.js';
import type { Arena } from './arena.js';
import { type Workload, workloadOf } from './workload.js';

const LOAD = 1.05;

/** The mean of two small fleets. */
const figuresOf = (create: (arena: Arena, workload: Workload) => Scheduler) =>
  meanOf(
    [1, 2].map((seed) => {
      const workload = workloadOf(100, LOAD, 1, seed);
      return new Run(workload, (arena) => create(arena, workload)).figures(
        LOAD,
        new AbortController().signal,
      );
    }),
  );

describe('placement on a simulated fleet', () => {
  const pack = figuresOf((_, { nodes }) => slipway(nodes, 'pack'));

  it('never goes over capacity and strands less than packers that look at one instance', () => {
    const peers = [
      figuresOf((arena) => nomad(arena, 'binpack', () => 1)),
      figuresOf((arena) => kubernetes(arena, 'BalancedAllocation')),
      figuresOf(leastContainers),
    ];
    const missed = goalsOf([...peers, pack], 1_000, undefined).filter(({ isMet }) => !isMet);
    expect(missed).toEqual([]);
  });

  it('spreads a service over nodes and zones, also when it packs', () => {
    expect(pack.spreadPercent).toBeGreaterThan(99);
    expect(pack.zoneSpreadPercent).toBeGreaterThan(98);
  });

  it('misses a goal where a peer is better: the comparison can fail', () => {
    const better = { ...pack, scheduler: 'better', strandedPercent: 0 };
    const missed = goalsOf([better, pack], 100, undefined).filter(({ isMet }) => !isMet);
    expect(missed.map(({ text }) => text)).toContainEqual(expect.stringContaining('stranded at nine tenths'));
  });
});
