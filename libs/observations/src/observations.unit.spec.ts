import { describe, expect, it } from 'vitest';
import { nodeObserved, type NodeObservation } from '#libs/contracts';
import { randomOf } from '#libs/testing';
import { foldObservation } from './fold.js';
import { NodeObservations } from './node-observations.js';
import { firstSecond, nextSecond, someInstance } from './observations.testing.js';
import { deltaOf, type ObservedNode, wholeOf } from './observed-node.js';
import { usedCores, usedMemoryBytes } from './used.js';

/** As it comes out of Kafka. */
const sent = (message: NodeObservation): NodeObservation =>
  nodeObserved.schema.parse(JSON.parse(JSON.stringify(message)));

function secondsOf(seed: number, count: number): readonly [ObservedNode, ...ObservedNode[]] {
  const random = randomOf(seed);
  const seconds: [ObservedNode, ...ObservedNode[]] = [firstSecond()];
  for (let n = 1; n < count; n += 1) seconds.push(nextSecond(seconds.at(-1) ?? seconds[0], random));
  return seconds;
}

describe('deltas and wholes', () => {
  it.each(Array.from({ length: 50 }, (_, seed) => seed))('fold to the same (seed %i)', (seed) => {
    const [first, ...others] = secondsOf(seed, 15);
    let before = first;
    let folded = foldObservation(undefined, sent(wholeOf(first)));
    for (const now of others) {
      folded = foldObservation(folded, sent(deltaOf(before, now)));
      expect(sent(wholeOf(folded ?? first))).toEqual(sent(wholeOf(now)));
      before = now;
    }
  });

  it('an instance that did not change is in no delta', () => {
    const before = firstSecond([someInstance(randomOf(1), 'a'), someInstance(randomOf(2), 'b')]);
    const delta = deltaOf(before, { ...before, sequence: 2 });
    expect(delta.instances).toEqual([]);
    expect(delta).not.toHaveProperty('sizes');
  });

  it('an instance whose figures could not be read is a gap, not what it was before', () => {
    const [instance] = [someInstance(randomOf(1), 'a')];
    const before = firstSecond([instance]);
    const now = firstSecond([{ ...instance, usage: null }]);
    const delta = sent(deltaOf(before, { ...now, sequence: 2 }));
    expect(foldObservation(before, delta)?.instances.get('a')?.usage).toBeNull();
  });
});

describe('NodeObservations', () => {
  const [one, two, three] = secondsOf(7, 4).map((second, n) => ({ ...second, sequence: n + 1 })) as [
    ObservedNode,
    ObservedNode,
    ObservedNode,
  ];

  it('reads wholes and deltas in their order', () => {
    const reader = new NodeObservations();
    expect(reader.take(sent(wholeOf(one)))).toMatchObject({ kind: 'observed', missed: 0 });
    expect(reader.take(sent(deltaOf(one, two)))).toMatchObject({ kind: 'observed', missed: 0 });
    expect(sent(wholeOf(reader.of('node-1') ?? one))).toEqual(sent(wholeOf(two)));
  });

  it('a second that nobody observed is missed, and the delta over it is read', () => {
    const reader = new NodeObservations();
    reader.take(sent(wholeOf(one)));
    expect(reader.take(sent(deltaOf(one, three)))).toMatchObject({ kind: 'observed', missed: 1 });
  });

  it('after a lost message it waits for the next whole', () => {
    const reader = new NodeObservations();
    reader.take(sent(wholeOf(one)));
    expect(reader.take(sent(deltaOf(two, three)))).toEqual({ kind: 'gap', node: 'node-1', missed: 1 });
    expect(reader.of('node-1')).toBeUndefined();
    expect(reader.take(sent(wholeOf({ ...three, sequence: 4 })))).toMatchObject({ kind: 'observed' });
  });

  it('begins in the middle with the first whole', () => {
    const reader = new NodeObservations();
    expect(reader.take(sent(deltaOf(one, two)))).toEqual({ kind: 'gap', node: 'node-1', missed: 0 });
    expect(reader.take(sent(wholeOf(three)))).toMatchObject({ kind: 'observed', missed: 0 });
  });

  it('passes over what comes again, and what a replica sends whose lease went to another', () => {
    const reader = new NodeObservations();
    reader.take(sent(wholeOf({ ...one, fence: 5, sequence: 1 })));
    expect(reader.take(sent(wholeOf({ ...one, fence: 5, sequence: 1 })))).toMatchObject({ kind: 'old' });
    expect(reader.take(sent(wholeOf({ ...two, fence: 4, sequence: 900 })))).toMatchObject({ kind: 'old' });
    expect(reader.take(sent(deltaOf({ ...one, fence: 6 }, { ...two, fence: 6 })))).toMatchObject({
      kind: 'gap',
      missed: 0,
    });
    expect(reader.take(sent(wholeOf({ ...three, fence: 6 })))).toMatchObject({ kind: 'observed' });
  });

  it('forgets a node that was removed', () => {
    const reader = new NodeObservations();
    reader.take(sent(wholeOf(one)));
    reader.forget('node-1');
    expect(reader.of('node-1')).toBeUndefined();
  });
});

it('cores that a hypervisor took were in use for placement and Prometheus, and idle in slipway top', () => {
  const second = firstSecond();
  const cpu = { user: 0.5, system: 0.25, iowait: 1, steal: 0.125 };
  expect(usedCores({ host: { ...second.host, cpu } })).toBe(0.875);
});

it('memory in use is not known before the size of the node is, and never less than nothing', () => {
  const { host } = firstSecond();
  const sizes = { cpus: 1, memoryBytes: 900, swapBytes: 0 };
  expect(usedMemoryBytes({ host })).toBeUndefined();
  expect(usedMemoryBytes({ host: { ...host, memoryAvailableBytes: 300 }, sizes })).toBe(600);
  expect(usedMemoryBytes({ host: { ...host, memoryAvailableBytes: 1_000 }, sizes })).toBe(0);
});
