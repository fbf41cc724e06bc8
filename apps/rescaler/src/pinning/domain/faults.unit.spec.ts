import { describe, expect, it } from 'vitest';
import { checkCores, cpusetOf, emptyCoreMap, pinDown, pinnedTo, pinUp } from './core-map.js';
import { CORE_ORDERS, coreOrder, flatTopology, type Topology } from './core-orders.js';

describe('faults of ServerlessContainers, in pinning', () => {
  const unique: Topology = [
    {
      socket: 0,
      cores: [
        { core: 0, threads: [0, 4] },
        { core: 1, threads: [1, 5] },
      ],
    },
    {
      socket: 1,
      cores: [
        { core: 2, threads: [2, 6] },
        { core: 3, threads: [3, 7] },
      ],
    },
  ];
  const uneven: Topology = [
    { socket: 0, cores: [{ core: 7, threads: [0] }] },
    {
      socket: 3,
      cores: [
        { core: 1, threads: [1, 2, 3] },
        { core: 9, threads: [4] },
      ],
    },
  ];

  it.each(CORE_ORDERS)(
    '21: orders lost a socket, or threw, where core ids do not repeat per socket (%s)',
    (order) => {
      const sorted = (topology: Topology) => [...coreOrder(order, topology)].sort((a, b) => a - b);
      expect(sorted(unique)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
      expect(sorted(uneven)).toEqual([0, 1, 2, 3, 4]);
      expect(sorted(flatTopology([0, 1, 2]))).toEqual([0, 1, 2]);
      expect(sorted([])).toEqual([]);
    },
  );

  it('21: and ids that do not repeat give the same order', () => {
    expect(coreOrder('Spread_P&L', unique)).toEqual([2, 6, 0, 4, 3, 7, 1, 5]);
    expect(coreOrder('Spread_PP_LL', unique)).toEqual([2, 0, 3, 1, 6, 4, 7, 5]);
  });
});

describe('cores of a container', () => {
  const map = pinUp(emptyCoreMap([0, 1, 2, 3]), 'a', 150) ?? emptyCoreMap([]);

  it('are its own first, then wholly free ones, then partly free ones', () => {
    const both = pinUp(map, 'b', 120) ?? map;
    expect([cpusetOf(both, 'a'), cpusetOf(both, 'b')]).toEqual(['0-1', '2-3']);
    const more = pinUp(both, 'a', 60) ?? both;
    expect(more.cores[1]).toEqual({ free: 0, held: { a: 100 } });
    expect(more.cores[3]).toEqual({ free: 70, held: { b: 20, a: 10 } });
    expect(pinUp(more, 'a', 71)).toBeUndefined();
  });

  it('are left where it holds the least', () => {
    expect(cpusetOf(pinDown(map, 'a', 60), 'a')).toBe('0');
    expect(pinnedTo(map, 'a', 0)).toEqual(emptyCoreMap([0, 1, 2, 3]));
  });

  it('are repaired at a look', () => {
    const {
      map: checked,
      repairs,
      unpinned,
    } = checkCores(map, [
      { id: 'a', shares: 120, cpuset: '0-3' },
      { id: 'b', shares: 100, cpuset: '2' },
      { id: 'c', shares: 900, cpuset: '0' },
    ]);
    expect(repairs).toEqual([{ container: 'a', cpuset: '0-1' }]);
    expect(unpinned).toEqual(['c']);
    expect(checked.cores[1]).toEqual({ free: 80, held: { a: 20 } });
    expect(checkCores(checked, []).map).toEqual(emptyCoreMap([0, 1, 2, 3]));
  });

  it('are free once their container is gone, and none is held twice', () => {
    const broken = { ...map, cores: { ...map.cores, 0: { free: 40, held: { a: 90, gone: 30, b: 70 } } } };
    const { map: checked } = checkCores(broken, [
      { id: 'a', shares: 90 },
      { id: 'b', shares: 10 },
    ]);
    expect(checked.cores[0]).toEqual({ free: 0, held: { a: 90, b: 10 } });
  });
});
