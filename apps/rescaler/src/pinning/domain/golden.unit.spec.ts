import { describe, expect, it } from 'vitest';
import { sharesOfCpuMax } from '../../structures/domain/applied.js';
import { type CoreOrder, coreOrder, type Topology } from './core-orders.js';
import { cpuListText, parseCpuList } from './cpu-list.js';

const topologyOf = (sockets: readonly (readonly (readonly [number, readonly number[]])[])[]): Topology =>
  sockets.map((cores, socket) => ({ socket, cores: cores.map(([core, threads]) => ({ core, threads })) }));

/** {0: {0: [0, 4], 1: [1, 5]}, 1: {0: [2, 6], 1: [3, 7]}} */
const TWO = topologyOf([
  [
    [0, [0, 4]],
    [1, [1, 5]],
  ],
  [
    [0, [2, 6]],
    [1, [3, 7]],
  ],
]);

describe('the golden tables of pinning', () => {
  it.each<readonly [CoreOrder, readonly number[]]>([
    ['Group_P&L', [0, 4, 1, 5, 2, 6, 3, 7]],
    ['Group_1P_2L', [0, 1, 4, 5, 2, 3, 6, 7]],
    ['Group_PP_LL', [0, 1, 2, 3, 4, 5, 6, 7]],
    ['Spread_P&L', [2, 6, 0, 4, 3, 7, 1, 5]],
    ['Spread_PP_LL', [2, 0, 3, 1, 6, 4, 7, 5]],
  ])('gives cores away in the order %s', (order, expected) => {
    expect(coreOrder(order, TWO)).toEqual(expected);
  });

  it('reads and writes lists of CPUs', () => {
    expect(parseCpuList('1-3,5,4')).toEqual([1, 2, 3, 4, 5]);
    expect(cpuListText([5, 4, 1, 2, 3])).toBe('1-5');
    expect(cpuListText([0, 2, 3])).toBe('0,2-3');
    expect(parseCpuList('')).toEqual([]);
    expect(['3-1', 'x', '1,,2', '-1'].map(parseCpuList)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('reads 150 shares on 5 cores of cgroup v2', () => {
    expect(sharesOfCpuMax('150000 100000')).toBe(150);
    expect(parseCpuList('0-3,6')).toHaveLength(5);
  });
});
