import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { place } from './place.js';
import { candidate as node, wish } from './place.testing.js';

describe('place', () => {
  it('takes the node with the largest free share, and says its score', () => {
    const busy = node('a', { reserved: { cpu: 1 } });
    expect(place(wish(), [busy, node('b')]).place).toEqual({ node: 'b', port: 20_000, score: 75 });
  });

  it('goes by name where scores are equal, whatever the order of the nodes', () => {
    expect(place(wish(), [node('b'), node('a')]).place?.node).toBe('a');
  });

  it('spreads a service: each instance of it costs ten points', () => {
    const nodes = [node('a', { instances: { web: 1 } }), node('b', { reserved: { cpu: 0.2 } })];
    expect(place(wish(), nodes).place).toMatchObject({ node: 'b', score: 70 });
  });

  it('gives the first free port, then always the next free one, round and round', () => {
    const portAfter = (portBefore: number | undefined, ...taken: readonly number[]) =>
      place(wish(), [node('a', { takenPorts: new Set(taken), portBefore })]).place?.port;
    expect(portAfter(undefined)).toBe(20_000);
    expect(portAfter(undefined, 20_000)).toBe(20_001);
    expect(portAfter(20_000)).toBe(20_001);
    expect(portAfter(20_000, 20_001)).toBe(20_002);
    expect(portAfter(20_002)).toBe(20_000);
    expect(portAfter(20_001, 20_002, 20_000)).toBe(20_001);
    // Of a node that was enrolled anew with other ports.
    expect(portAfter(30_000)).toBe(20_000);
  });

  it('gave a port that was just given back to the next instance: its last user may not know of it yet', () => {
    const ports = [20_000, 20_001, 20_002];
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 40 }), (keeps) => {
        const live = new Set<number>();
        let portBefore: number | undefined;
        for (const kept of keeps) {
          const isOnlyOne = live.size === ports.length - 1;
          const before: number | undefined = portBefore;
          const { port } = place(wish(), [node('a', { takenPorts: live, portBefore })]).place ?? {};
          if (port === undefined) {
            expect(live.size).toBe(ports.length);
            return;
          }
          expect(live.has(port)).toBe(false);
          expect(port !== before || isOnlyOne).toBe(true);
          if (kept) live.add(port);
          portBefore = port;
        }
      }),
    );
  });

  it('gives a worker no port, also where none is free', () => {
    const full = node('a', { takenPorts: new Set([20_000, 20_001, 20_002]) });
    expect(place(wish({ needsPort: false }), [full]).place).toEqual({
      node: 'a',
      port: undefined,
      score: 75,
    });
  });

  it('takes the node on which the volumes lie, or none', () => {
    const nodes = [node('a'), node('b', { reserved: { cpu: 1 } })];
    expect(place(wish({ onNode: 'b', avoidNodes: ['b'] }), nodes).place?.node).toBe('b');
    expect(place(wish({ onNode: 'c' }), nodes).refusals).toEqual([
      { node: 'a', reason: 'the volumes of the service are on c' },
      { node: 'b', reason: 'the volumes of the service are on c' },
    ]);
  });

  it('avoids a node that failed just now, unless nothing else fits', () => {
    const avoid = wish({ avoidNodes: ['a'] });
    const full = node('b', { reserved: { cpu: 2 } });
    expect(place(avoid, [node('a'), node('b', { instances: { web: 3 } })]).place?.node).toBe('b');
    expect(place(avoid, [node('a'), full]).place?.node).toBe('a');
  });

  it('never takes a node where the instance has just failed, and says so', () => {
    const except = wish({ avoidNodes: ['a'], exceptNodes: ['a'] });
    expect(place(except, [node('a'), node('b')]).place?.node).toBe('b');
    expect(place(except, [node('a')]).refusals).toEqual([
      { node: 'a', reason: 'has just failed the instance' },
    ]);
  });

  it('fits to the last thousandth: 0.1 + 0.2 into 0.3', () => {
    const tight = node('a', { total: { cpu: 0.3, memoryMiB: 500 }, reserved: { cpu: 0.1 } });
    expect(place(wish({ resources: { cpu: 0.2, memoryMiB: 500 } }), [tight]).place?.score).toBe(0);
  });

  it('says per node what ruled it out, with needed, used and total', () => {
    const nodes = [
      node('cordoned', { state: 'cordoned' }),
      node('cpu', { reserved: { cpu: 1.75 } }),
      node('memory', { reserved: { memoryMiB: 1_600 } }),
      node('ports', { takenPorts: new Set([20_000, 20_001, 20_002]) }),
    ];
    expect(place(wish(), nodes).refusals).toEqual([
      { node: 'cordoned', reason: 'is cordoned' },
      { node: 'cpu', reason: 'not enough CPU: needed 0.5, used 1.75 of 2 cores' },
      { node: 'memory', reason: 'not enough memory: needed 500, used 1600 of 2000 MiB' },
      { node: 'ports', reason: 'no free port: 3 of 20000-20002 are taken' },
    ]);
  });

  it('has nothing to say where there is no node', () => {
    expect(place(wish(), [])).toEqual({
      refusals: [],
      explanation: { nodes: 0, best: [], refused: [] },
    });
  });
});
