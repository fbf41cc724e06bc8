import { describe, expect, it } from 'vitest';
import { allocatableOf, describedBy, type DescriptionChange } from './node.js';

describe('a change of a description', () => {
  const before = { labels: { disk: 'ssd', rack: 'a' }, zone: 'east', reserve: { cpus: 1 } };
  const changed = (change: DescriptionChange) => describedBy(before, change);

  it('leaves what it does not name as it is', () => {
    expect(changed({})).toEqual(before);
    expect(changed({ capacity: { cpus: 4 } })).toEqual({ ...before, capacity: { cpus: 4 } });
  });

  it('adds labels and removes others, and a label that it does both to is removed', () => {
    const { labels } = changed({
      labels: { disk: 'hdd', gpu: 'yes' },
      removeLabels: ['rack', 'gpu', 'none'],
    });
    expect(labels).toEqual({ disk: 'hdd' });
  });

  it('takes away what it sets to null', () => {
    expect(changed({ zone: null, reserve: null })).toEqual({ labels: before.labels });
  });
});

describe('what instances may have', () => {
  const size = { cpus: 4, memoryBytes: 1_000 };

  it('is the capacity, which replaces the size of the engine member by member, less the reserve', () => {
    expect(allocatableOf({ ...size, capacity: { cpus: 8 }, reserve: { memoryBytes: 300 } })).toEqual({
      ...{ cpus: 8, memoryBytes: 700 },
    });
  });

  it('is never less than nothing', () => {
    expect(allocatableOf({ ...size, reserve: { cpus: 9, memoryBytes: 1_000 } })).toEqual({
      ...{ cpus: 0, memoryBytes: 0 },
    });
  });
});
