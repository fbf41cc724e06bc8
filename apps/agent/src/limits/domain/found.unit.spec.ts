import { expect, it } from 'vitest';
import { parseFound } from './found.js';

const V1 = `subject
version 1
quota 60000
period 100000
cpuset 0-1
allcpus 0-3
memory 199999488
used 84754432
stat inactive_file 5
stat total_inactive_file 4096
disks 254:0 259:1 
read 254:0 4000000
read 7:1 1
read 259:1 3000000
veth veth655f403
`;
const QUEUES = `queues [{"kind":"noqueue","handle":"0:","dev":"lo","root":true,"options":{}},{"kind":"tbf","handle":"8001:","dev":"veth655f403","root":true,"options":{"rate":1000000,"burst":65536,"lat":50000}}]
done
`;
const V1_LIMITS = {
  ...{ cpus: 0.6, cpuset: '0-1', memoryBytes: 199_999_488 },
  ...{ diskReadBytesPerSecond: 3_000_000, diskWriteBytesPerSecond: null, networkBytesPerSecond: 1_000_000 },
};

it('reads what the kernel holds, of several disks the lowest', () => {
  expect(parseFound(V1 + QUEUES)).toEqual([
    {
      ...{ kind: 'found', version: 1, applied: V1_LIMITS, notWritten: [] },
      ...{ usedBytes: 84_754_432, inactiveBytes: 4096, allCpus: '0-3' },
    },
  ]);
});

it('reads cgroup v2', () => {
  const text =
    'subject\nversion 2\nquota max 100000\ncpuset 0\nallcpus 0-1\nmemory max\nused 7\nstat inactive_file 1\ndisks 254:0 \n' +
    'io 254:0 rbps=max wbps=2000 riops=max wiops=max\nfailed diskRead sh: cannot create io.max: Permission denied\ndone\n';
  expect(parseFound(text)).toMatchObject([
    {
      applied: {
        ...{ cpus: null, memoryBytes: null },
        ...{ diskReadBytesPerSecond: null, diskWriteBytesPerSecond: 2_000 },
      },
      notWritten: [{ limit: 'diskRead', why: 'sh: cannot create io.max: Permission denied' }],
    },
  ]);
});

it('takes what files hold from their lines, whatever their names are', () => {
  const group = '/sys/fs/cgroup/cpu/of us: all/a';
  const text =
    `subject\nversion 1\nat quota ${group}/q\nat period ${group}/p\nsubject\nversion 1\nat quota ${group}/q:1\n` +
    `at period ${group}/p\nvalues\n${group}/q:30000\n${group}/p:100000\n${group}/q:1:-1\n/else:7\ndone\n`;
  expect(parseFound(text)).toMatchObject([{ applied: { cpus: 0.3 } }, { applied: { cpus: null } }]);
});

it('a missing figure counted as -1: what the kernel does not say is left out', () => {
  const [found] = parseFound('subject\nversion 1\nquota 60000\nveth veth1\ndone\n') ?? [];
  expect(found).toEqual({ kind: 'found', version: 1, applied: {}, notWritten: [] });
});

it('no limit of memory is no number of bytes', () => {
  const [found] =
    parseFound('subject\nversion 1\nmemory 9223372036854771712\nquota -1\nperiod 100000\ndone') ?? [];
  expect(found).toMatchObject({ applied: { memoryBytes: null, cpus: null } });
});

it('tells those that are gone, and those without a control group of their own', () => {
  expect(parseFound('subject\ngone\nsubject\nbare\ndone\n')).toEqual([{ kind: 'gone' }, { kind: 'bare' }]);
});

it('an answer that was cut off is none', () => {
  expect(parseFound(V1)).toBeUndefined();
});
