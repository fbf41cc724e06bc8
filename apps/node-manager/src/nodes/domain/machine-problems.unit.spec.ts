import { describe, expect, it } from 'vitest';
import { type Expected, type Inspection, machineProblems } from './machine-problems.js';

const GIB = 1024 ** 3;
const good: Required<Omit<Inspection, 'engineProblem'>> = {
  engine: {
    ...{ storageDriver: 'overlay2', rootDirectory: '/var/lib/docker', architecture: 'x86_64' },
    ...{ cgroupVersion: '2', cgroupDriver: 'systemd', unenforced: [] },
  },
  host: {
    freeBytes: 50 * GIB,
    clockAheadMs: 0,
    socketMode: '660',
    listeningPorts: [22, 30_000],
    unchangeable: {},
  },
};
const expected: Expected = {
  ports: { firstPort: 20_000, lastPort: 20_009 },
  ownPorts: new Set(),
  allowUnlimited: false,
  socketPath: '/var/run/docker.sock',
  otherArchitectures: [],
};

const found = (seen: Partial<Inspection>, wanted: Partial<Expected> = {}): readonly string[] =>
  machineProblems({ ...good, ...seen }, { ...expected, ...wanted }).map(
    ({ code, severity }) => `${severity} ${code}`,
  );
const engine = (changes: Partial<typeof good.engine>) => ({ engine: { ...good.engine, ...changes } });
const host = (changes: Partial<typeof good.host>) => ({ host: { ...good.host, ...changes } });

describe('what is wrong with a machine', () => {
  it('is nothing where it has what a node needs', () => {
    expect(found({})).toEqual([]);
  });

  it.each([
    ['an engine without limits', engine({ unenforced: ['cpu'] }), {}, 'refuses LIMITS_UNENFORCED'],
    [
      'one that is accepted',
      engine({ unenforced: ['cpu'] }),
      { allowUnlimited: true },
      'warns LIMITS_UNENFORCED',
    ],
    ['cgroup v1', engine({ cgroupVersion: '1' }), {}, 'warns CGROUP_V1'],
    ['a storage driver that copies', engine({ storageDriver: 'vfs' }), {}, 'warns STORAGE_DRIVER'],
    ['no disk', host({ freeBytes: 100 * 1024 ** 2 - 1 }), {}, 'refuses DISK_SPACE'],
    ['little disk', host({ freeBytes: 5 * GIB - 1 }), {}, 'warns DISK_SPACE'],
    ['a clock ahead', host({ clockAheadMs: 3_000 }), {}, 'warns CLOCK_SKEW'],
    ['a clock far behind', host({ clockAheadMs: -300_000 }), {}, 'refuses CLOCK_SKEW'],
    ['another architecture than the builders', {}, { architecture: 'arm64' }, 'refuses ARCHITECTURE'],
    ['another architecture than the nodes', {}, { otherArchitectures: ['aarch64'] }, 'warns ARCHITECTURE'],
    ['a socket that is open to all', host({ socketMode: '666' }), {}, 'warns SOCKET_OPEN'],
    ['a port in use', host({ listeningPorts: [20_003] }), {}, 'warns PORTS_IN_USE'],
    [
      'limits that cannot be changed',
      host({ unchangeable: { network: 'tc is missing' } }),
      {},
      'warns LIMITS_FIXED',
    ],
    ['a machine that says nothing', { host: {} }, {}, 'warns HOST_UNSEEN'],
  ])('is named: %s', (_, seen, wanted, problem) => {
    expect(found(seen, wanted)).toEqual([problem]);
  });

  it('is named all at once, what refuses it first, each with what to do', () => {
    const engineProblem = { code: 'ENGINE_UNREACHABLE', message: 'There is no socket.', hint: 'Start it.' };
    const seen: Inspection = {
      engineProblem,
      host: { freeBytes: 1, clockAheadMs: 900_000, socketMode: '777', listeningPorts: [20_001] },
    };
    const problems = machineProblems(seen, expected);
    expect(problems.map(({ code }) => code)).toEqual([
      ...['ENGINE_UNREACHABLE', 'CLOCK_SKEW', 'PORTS_IN_USE', 'SOCKET_OPEN'],
    ]);
    for (const { message, hint } of problems)
      expect(Math.min(message.length, hint.length)).toBeGreaterThan(8);
  });

  it('is not a port of an instance of ours, and refuses where no port is left', () => {
    const all = Array.from({ length: 10 }, (_, n) => 20_000 + n);
    expect(found(host({ listeningPorts: all.slice(0, 3) }), { ownPorts: new Set(all.slice(0, 3)) })).toEqual(
      [],
    );
    const [problem] = machineProblems({ ...good, ...host({ listeningPorts: all }) }, expected);
    expect(problem).toMatchObject({ severity: 'refuses', code: 'PORTS_IN_USE' });
    expect(problem?.message).toContain('20000, 20001, 20002, 20003, 20004 and 5 more');
  });

  it('is not an architecture by another name, nor one that other nodes have, too', () => {
    expect(found({}, { architecture: 'amd64', otherArchitectures: ['aarch64'] })).toEqual([]);
    expect(found({}, { otherArchitectures: ['aarch64', 'amd64'] })).toEqual([]);
  });
});
