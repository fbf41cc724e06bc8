import { expect, it } from 'vitest';
import { parseTopology } from './topology.js';

const cpu = (n: number, socket: number, core: number): string =>
  `./cpu/cpu${n}/topology/physical_package_id:${socket}\n./cpu/cpu${n}/topology/core_id:${core}`;

it('counts sockets, cores and threads, and lists the memory nodes', () => {
  const text = [
    './cpu/online:0-7',
    // Two sockets of two cores with two threads each; cores are numbered anew in each socket.
    ...[0, 1, 2, 3, 4, 5, 6, 7].map((n) => cpu(n, n % 2, (n >> 1) % 2)),
    './cpu/cpu0/topology/die_id:0',
    './node/node1/cpulist:1,3,5,7',
    './node/node0/cpulist:0,2,4,6',
  ].join('\n');
  expect(parseTopology(text)).toEqual({
    ...{ sockets: 2, cores: 4, threads: 8 },
    numaNodes: ['0,2,4,6', '1,3,5,7'],
  });
});

it('takes each CPU of a machine that does not say more for a core of one socket', () => {
  expect(parseTopology('./cpu/online:0-2,5')).toEqual({
    ...{ sockets: 1, cores: 4, threads: 4 },
    numaNodes: ['0-2,5'],
  });
});

it('is undefined where the CPUs are not named', () => {
  expect(parseTopology('./node/node0/cpulist:0-1')).toBeUndefined();
});
