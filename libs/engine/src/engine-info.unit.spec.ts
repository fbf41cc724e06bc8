import { describe, expect, it } from 'vitest';
import {
  assertSupported,
  engineInfoOf,
  hasBuildKit,
  hasContainerdStore,
  type InfoAnswer,
} from './engine-info.js';

const info: InfoAnswer = {
  ...{ NCPU: 2, MemTotal: 8e9, Name: 'box', ServerVersion: '28.5.1', DockerRootDir: '/var/lib/docker' },
  ...{ Architecture: 'x86_64', MemoryLimit: true, CpuCfsQuota: true, CgroupDriver: 'systemd' },
  ...{ CgroupVersion: '2', Driver: 'overlay2' },
};
const docker = { ApiVersion: '1.51', Os: 'linux', Components: [{ Name: 'Engine' }, { Name: 'containerd' }] };
const podman = {
  ApiVersion: '1.41',
  Os: 'linux',
  Components: [{ Name: 'Podman Engine' }, { Name: 'Conmon' }],
};

describe('what an engine says of itself', () => {
  it('is kept as it says, and another engine than Docker is named', () => {
    expect(engineInfoOf(info, docker)).toEqual({
      ...{ cpus: 2, memoryBytes: 8e9, name: 'box', version: '28.5.1', rootDirectory: '/var/lib/docker' },
      ...{ architecture: 'x86_64', unenforced: [], storageDriver: 'overlay2' },
      ...{ cgroupVersion: '2', cgroupDriver: 'systemd' },
    });
    expect(engineInfoOf({ ...info, ServerVersion: '4.3.1' }, podman).version).toBe('podman 4.3.1');
  });

  it.each([
    ['2', '2'],
    ['v2', '2'],
    ['1', '1'],
    ['', undefined],
    [undefined, undefined],
  ])('has %j as its version of cgroups', (CgroupVersion, version) => {
    expect(engineInfoOf({ ...info, CgroupVersion }, docker).cgroupVersion).toBe(version);
  });

  it.each([
    ['an engine as root', {}, []],
    ['rootless Docker on cgroup v2 with delegation', { CgroupDriver: 'systemd' }, []],
    [
      'rootless Docker on cgroup v1',
      { CgroupDriver: 'none', MemoryLimit: false, CpuCfsQuota: false },
      ['memory', 'cpu'],
    ],
    ['rootless Docker on cgroup v2 without the cpu controller', { CpuCfsQuota: false }, ['cpu']],
    ['a kernel without the memory controller', { MemoryLimit: false }, ['memory']],
    ['an engine that does not say', { MemoryLimit: undefined, CpuCfsQuota: undefined }, []],
  ])('of %s says which limits it cannot enforce', (_, changes, unenforced) => {
    expect(engineInfoOf({ ...info, ...changes }, docker).unenforced).toEqual(unenforced);
  });
});

describe('the version of the API', () => {
  it.each(['1.41', '1.44', '1.52', '2.0'])('%s will do', (ApiVersion) => {
    expect(() => assertSupported({ ApiVersion })).not.toThrow();
  });

  it.each(['1.40', '1.9', '', 'x'])('%j is refused with what is needed', (ApiVersion) => {
    expect(() => assertSupported({ ApiVersion })).toThrow('1.41 or newer is needed');
  });
});

it('Podman speaks API 1.41 and has no BuildKit', () => {
  expect([hasBuildKit(docker), hasBuildKit(podman)]).toEqual([true, false]);
  expect(hasBuildKit({ ApiVersion: '1.38', Os: 'linux' })).toBe(false);
  expect(hasBuildKit({ ApiVersion: '1.51', Os: 'windows' })).toBe(false);
});

it('an engine of API 2 had no BuildKit, because only the second number was looked at', () => {
  expect(hasBuildKit({ ApiVersion: '2.0', Os: 'linux' })).toBe(true);
});

it.each([
  ['its own', [['Backing Filesystem', 'extfs']], false],
  ['that of containerd', [['driver-type', 'io.containerd.snapshotter.v1']], true],
  ['one that it does not tell', null, false],
])('the image store is %s', (_, DriverStatus, expected) => {
  expect(hasContainerdStore({ ...info, DriverStatus })).toBe(expected);
});
