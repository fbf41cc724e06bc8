import { beforeEach, describe, expect, it } from 'vitest';
import type { LimitChange, LimitsWanted } from '#libs/contracts';
import { applyChanges } from './apply-changes.js';
import { FakeLimitedNode } from './limits.testing.js';

const MIB = 1024 ** 2;

let node: FakeLimitedNode;
beforeEach(() => {
  node = new FakeLimitedNode();
  node.add('web');
});

const of = (limits: LimitsWanted, container = 'web'): LimitChange => ({ container, limits });

async function change(limits: LimitsWanted, container?: string) {
  const { changes } = await applyChanges(node, [of(limits, container)]);
  const [{ applied, refused = [] } = expect.fail()] = changes;
  return { applied, refused: refused.map(({ limit, code }) => `${limit} ${code}`) };
}

it('quota, CPUs and memory are one update, and all is read back', async () => {
  expect(await change({ cpus: 1, cpuset: '1', memoryBytes: 64 * MIB })).toMatchObject({
    applied: { cpus: 1, cpuset: '1', memoryBytes: 64 * MIB },
    refused: [],
  });
  expect(node.did).toEqual(['write', `update web cpus=1 cpuset=1 memoryBytes=${64 * MIB}`, 'write']);
});

it('CPU alone is not looked at before', async () => {
  await change({ cpus: 1 });
  expect(node.did).toEqual(['update web cpus=1', 'write']);
});

it('a change without limits only reads', async () => {
  expect((await change({})).applied).toMatchObject({ cpus: 0.5, memoryBytes: 128 * MIB });
  expect(node.did).toEqual(['write']);
});

it('disk and network are written for all containers in one go', async () => {
  node.add('api');
  await applyChanges(node, [of({ diskReadBytesPerSecond: 7 }), of({ networkBytesPerSecond: 1000 }, 'api')]);
  expect(node.did).toEqual(['write read 7, network 8000 65536']);
});

it('what an engine takes away no limit for, the kernel does', async () => {
  expect((await change({ cpus: null, memoryBytes: null, cpuset: null })).refused).toEqual([]);
  expect(node.did.slice(1)).toEqual([
    `update web cpus=2 cpuset=0-1 memoryBytes=${4096 * MIB}`,
    'write cpu -1 memory -1',
  ]);
});

describe('memory that is lowered', () => {
  it('is taken back in steps before the one update', async () => {
    node.add('web', { used: 100 * MIB, inactive: 80 * MIB });
    expect(await change({ cpus: 1, memoryBytes: 40 * MIB })).toMatchObject({
      applied: { cpus: 1, memoryBytes: 40 * MIB },
      refused: [],
    });
    expect(node.did).toEqual([
      ...['write', `write step ${70 * MIB}`, `write step ${54 * MIB}`, `write step ${40 * MIB}`],
      ...[`update web cpus=1 memoryBytes=${40 * MIB}`, 'write settle -'],
    ]);
  });

  it('is as low as what is in use allows, and that is said', async () => {
    node.add('web', { used: 100 * MIB, inactive: 10 * MIB });
    const { applied, refused } = await change({ cpus: 1, memoryBytes: 40 * MIB });
    expect(refused).toEqual(['memory MEMORY_IN_USE']);
    expect(applied?.memoryBytes).toBeGreaterThan(90 * MIB);
    expect(applied?.cpus).toBe(1);
  });

  it('stops where the login may not write it, and the engine sets what needs nothing back', async () => {
    node.add('web', { used: 100 * MIB, inactive: 80 * MIB });
    node.notWritable.set('step', 'cannot create memory.limit_in_bytes: Permission denied');
    const { applied, refused } = await change({ memoryBytes: 40 * MIB });
    expect(refused).toEqual(['memory MEMORY_IN_USE']);
    expect(applied?.memoryBytes).toBeGreaterThanOrEqual(100 * MIB);
    expect(applied?.memoryBytes).toBeLessThan(110 * MIB);
  });
});

describe('what fails', () => {
  it('of CPU does not hold up the memory', async () => {
    const { applied, refused } = await change({ cpus: 8, cpuset: '1', memoryBytes: 64 * MIB });
    expect(refused).toEqual(['cpu FAILED', 'cpuset FAILED']);
    expect(applied).toMatchObject({ cpus: 0.5, cpuset: '0-1', memoryBytes: 64 * MIB });
  });

  it('of one container stops no other', async () => {
    const { changes } = await applyChanges(node, [of({ cpus: 1 }, 'nobody'), of({ cpus: 1 })]);
    expect(changes.map(({ refused }) => refused?.[0]?.code)).toEqual(['GONE', undefined]);
  });

  it('for want of an answer may be applied or not: nothing is said to be applied', async () => {
    node.failures.update = 'unreachable';
    const { changes, isUnreached } = await applyChanges(node, [of({ cpus: 1 })]);
    expect(isUnreached).toBe(true);
    expect(changes[0]).toEqual({
      container: 'web',
      refused: [{ limit: 'cpu', code: 'UNREACHABLE', why: 'update fails' }],
    });
  });

  it('of the reading afterwards is no answer either', async () => {
    node.failures.write = 'unreachable';
    const { changes, isUnreached } = await applyChanges(node, [of({ cpus: 1 })]);
    expect(isUnreached).toBe(true);
    expect(changes[0]?.applied).toBeUndefined();
  });

  it('an engine that changes no limits: they are written into the control groups', async () => {
    node.failures.update = 'unsupported';
    expect(await change({ cpus: 1, memoryBytes: 64 * MIB })).toMatchObject({
      applied: { cpus: 1, memoryBytes: 64 * MIB },
      refused: [],
    });
  });
});

describe('a control group that no engine knows', () => {
  beforeEach(() => node.add('/lxc/a'));

  it('is written directly', async () => {
    expect(await change({ cpus: 1, memoryBytes: 64 * MIB }, '/lxc/a')).toMatchObject({
      applied: { cpus: 1, memoryBytes: 64 * MIB },
      refused: [],
    });
    expect(node.did.join()).not.toContain('update');
  });

  it('had quota and CPUs written one after the other with no rollback: the other is put back', async () => {
    node.notWritable.set('cpuset 7', 'printf: I/O error');
    const { applied, refused } = await change({ cpus: 1, cpuset: '7' }, '/lxc/a');
    expect(refused).toEqual(['cpuset FAILED', 'cpu FAILED']);
    expect(applied).toMatchObject({ cpus: 0.5, cpuset: '0-1' });
  });
});
