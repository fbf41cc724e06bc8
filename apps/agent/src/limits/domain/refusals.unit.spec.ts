import { expect, it } from 'vitest';
import type { LimitsApplied, LimitsWanted } from '#libs/contracts';
import type { Found, NotWritten } from './found.js';
import { refusedAfter, type Refused } from './refusals.js';

const refused = (
  limits: LimitsWanted,
  applied: LimitsApplied,
  { known = [], notWritten = [] }: { known?: readonly Refused[]; notWritten?: readonly NotWritten[] } = {},
) => {
  const found: Found = { kind: 'found', version: 1, applied, notWritten, allCpus: '0-3' };
  return refusedAfter(limits, found, known).map(({ limit, code }) => `${limit} ${code}`);
};

it.each<[string, LimitsWanted, LimitsApplied, readonly string[]]>([
  ['as it was asked for', { cpus: 0.5 }, { cpus: 0.5 }, []],
  ['a quota in whole microseconds', { cpus: 1 / 3 }, { cpus: 0.33333 }, []],
  ['another quota', { cpus: 0.5 }, { cpus: 0.25 }, ['cpu FAILED']],
  ['memory in whole pages', { memoryBytes: 100_000_000 }, { memoryBytes: 99_999_744 }, []],
  ['more memory', { memoryBytes: 4096 }, { memoryBytes: 8192 }, ['memory FAILED']],
  ['no limit any more', { memoryBytes: null }, { memoryBytes: null }, []],
  ['a limit still', { memoryBytes: null }, { memoryBytes: 4096 }, ['memory FAILED']],
  ['the same CPUs in other words', { cpuset: '0,1,2' }, { cpuset: '0-2' }, []],
  ['all CPUs', { cpuset: null }, { cpuset: '0-3' }, []],
  ['other CPUs', { cpuset: '1' }, { cpuset: '0-3' }, ['cpuset FAILED']],
  [
    'a rate as the kernel rounds it',
    { networkBytesPerSecond: 1_000_000 },
    { networkBytesPerSecond: 999_990 },
    [],
  ],
  ['what the kernel does not say', { diskReadBytesPerSecond: 7 }, {}, ['diskRead UNSUPPORTED']],
])('%s', (_what, limits, applied, expected) => {
  expect(refused(limits, applied)).toEqual(expected);
});

it.each([
  ['sh: 1: cannot create /sys/fs/cgroup/x: Permission denied', 'UNSUPPORTED'],
  ['sh: 1: cannot create /sys/fs/cgroup/x: Read-only file system', 'UNSUPPORTED'],
  ['RTNETLINK answers: Operation not permitted', 'UNSUPPORTED'],
  ['sh: 1: tc: not found', 'UNSUPPORTED'],
  ['io.max is missing', 'UNSUPPORTED'],
  ['no link of its own is known', 'UNSUPPORTED'],
  ['printf: I/O error', 'FAILED'],
  ['qdisc htb 1: root refcnt 2', 'FAILED'],
])('%s: %s', (why, code) => {
  const notWritten: readonly NotWritten[] = [{ limit: 'network', why }];
  expect(refused({ networkBytesPerSecond: 5 }, {}, { notWritten })).toEqual([`network ${code}`]);
});

it('what was known before counts, though the kernel holds another limit', () => {
  const known: readonly Refused[] = [{ limit: 'memory', code: 'MEMORY_IN_USE', why: '9 MiB' }];
  expect(refused({ memoryBytes: 4096 }, { memoryBytes: 8192 }, { known })).toEqual(['memory MEMORY_IN_USE']);
});
