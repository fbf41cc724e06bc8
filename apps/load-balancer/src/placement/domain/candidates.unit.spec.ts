import { describe, expect, it } from 'vitest';
import { candidatesOf, type EnrolledNode } from './candidates.js';
import { NOTHING_RESERVED } from './place.js';

const node = (name: string): EnrolledNode => ({
  ...{
    name,
    state: 'ready',
    allocatableCpus: 2,
    allocatableMemoryBytes: 2_000 * 1_048_576 + 1,
    firstPort: 20_000,
    lastPort: 20_009,
  },
});

describe('candidates', () => {
  it('are all enrolled nodes, in whole mebibytes, with what is reserved on each', () => {
    const onB = { ...NOTHING_RESERVED, cpu: 0.5, memoryMiB: 100, sameService: 1 };
    const reserved = { node: 'b', ...onB, takenPorts: [20_000, 20_003] };
    const rest = { state: 'ready', firstPort: 20_000, lastPort: 20_009, total: { cpu: 2, memoryMiB: 2_000 } };
    const ports = [{ node: 'b', portBefore: 20_003, foundTaken: [20_001] }];
    expect(candidatesOf([node('a'), node('b')], [reserved], ports)).toEqual([
      { name: 'a', ...rest, reserved: NOTHING_RESERVED, takenPorts: new Set() },
      {
        name: 'b',
        ...rest,
        reserved: onB,
        takenPorts: new Set([20_000, 20_003, 20_001]),
        portBefore: 20_003,
      },
    ]);
  });

  it('are none of the nodes that are enrolled no more, whatever is reserved on them', () => {
    const reserved = { node: 'gone', ...NOTHING_RESERVED, cpu: 1, takenPorts: [1] };
    expect(candidatesOf([node('a')], [reserved]).map(({ name }) => name)).toEqual(['a']);
    const removed = { ...node('b'), state: 'gone' };
    expect(candidatesOf([node('a'), removed], []).map(({ name }) => name)).toEqual(['a']);
  });
});
