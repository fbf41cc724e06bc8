import { describe, expect, it } from 'vitest';
import { type HostGroups, numbersOf, planGroup } from './control-group.js';

const HOST: HostGroups = { version: 1, cpus: [0, 1, 2, 3], memoryNodes: '0' };

const written = (
  size: { readonly cpus?: number; readonly memoryMiB?: number },
  host: HostGroups = HOST,
  number = 0,
): Record<string, string> => {
  const { writes } = planGroup({ name: 'node', size, number }, host);
  return Object.fromEntries(writes.map(({ path, text }) => [path.replace('/sys/fs/cgroup/', ''), text]));
};

describe('planGroup', () => {
  it('limits processors and memory in the hierarchies of version 1, and gives no swap beside the memory', () => {
    expect(written({ cpus: 2, memoryMiB: 512 })).toEqual({
      'cpuset/node/cpuset.cpus': '0,1',
      'cpuset/node/cpuset.mems': '0',
      'cpu/node/cpu.shares': '2048',
      'memory/node/memory.limit_in_bytes': '536870912',
      'memory/node/memory.memsw.limit_in_bytes': '536870912',
    });
  });

  it('lifts the limit of both before it sets that of memory: a group that is there may have had less', () => {
    const { writes } = planGroup({ name: 'node', size: { memoryMiB: 1 }, number: 0 }, HOST);
    const limits = writes.filter(({ path }) => path.includes('/memory/')).map(({ text }) => text);
    expect(limits).toEqual(['-1', '1048576', '1048576']);
  });

  it('limits nothing that is left out, and takes old limits away', () => {
    expect(written({})).toMatchObject({
      'cpuset/node/cpuset.cpus': '0,1,2,3',
      'memory/node/memory.limit_in_bytes': '-1',
    });
    expect(written({}, { ...HOST, version: 2 })).toMatchObject({ 'node/memory.max': 'max' });
  });

  it('spreads machines with few processors over all that there are', () => {
    const sets = [10, 11, 12].map((number) => written({ cpus: 1 }, HOST, number)['cpuset/node/cpuset.cpus']);
    expect(sets).toEqual(['2', '3', '0']);
    expect(written({ cpus: 3 }, HOST, 1)['cpuset/node/cpuset.cpus']).toBe('0,1,3');
  });

  it('has the processes of version 2 in a group of their own, beside those of the containers', () => {
    const plan = planGroup(
      { name: 'node', size: { cpus: 1, memoryMiB: 512 }, number: 0 },
      { ...HOST, version: 2 },
    );
    expect(plan.folders).toEqual(['/sys/fs/cgroup/node', '/sys/fs/cgroup/node/init.scope']);
    expect(plan.joins).toEqual(['/sys/fs/cgroup/node/init.scope/cgroup.procs']);
    expect(plan.pressureFolder).toBe('/sys/fs/cgroup/node');
    expect(written({ cpus: 1, memoryMiB: 512 }, { ...HOST, version: 2 })).toMatchObject({
      'node/cpuset.cpus': '0',
      'node/memory.max': '536870912',
      'node/memory.swap.max': '0',
    });
  });

  it.each([0, 0.5, 5])('refuses %d of 4 processors', (cpus) => {
    expect(() => written({ cpus })).toThrow(`node cannot have ${cpus} processors: this machine has 4.`);
  });
});

it('numbersOf reads the lists of the kernel', () => {
  expect(numbersOf('0')).toEqual([0]);
  expect(numbersOf('0-2,5')).toEqual([0, 1, 2, 5]);
});
