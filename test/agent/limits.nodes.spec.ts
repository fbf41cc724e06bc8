import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { LimitAnswer, LimitChange, LimitsWanted } from '#libs/contracts';
import { SshPool, type SshTarget } from '#libs/ssh';
import { sshTargetOf, testNodes, uniqueName, until } from '#libs/testing';
import { NodeLimits } from '../../apps/agent/src/limits/adapters/node-limits.js';
import { applyChanges } from '../../apps/agent/src/limits/apply-changes.js';
import { SshNode } from '../../apps/agent/src/watch/adapters/ssh-node.js';
import { BASE_IMAGES } from '../../scripts/one-machine/base-images.js';
import { inWhole } from '../short-form.js';

/** Left out of the short form: the limits in use, each for seconds of traffic; that the kernel holds them is read here. */
const whole = inWhole('nodes');

const MIB = 1024 ** 2;
const LABEL = `slipway.test=${uniqueName('limits')}`;
const ssh = new SshPool();

let target: SshTarget;
let node: SshNode;
let limits: NodeLimits;

beforeAll(async () => {
  const [entry] = await testNodes();
  target = sshTargetOf(entry);
  const turns = { run: <T>(work: () => Promise<T>) => work() };
  const way = { target, ...(entry.dockerSocket && { socketPath: entry.dockerSocket }) };
  node = new SshNode(way, { debug: () => undefined }, turns);
  limits = new NodeLimits({ access: node, containers: () => new Map() });
});
afterEach(async () => {
  const ids = await docker('ps', '-aq', '--filter', `label=${LABEL}`);
  if (ids !== '') await docker('rm', '-f', ...ids.split('\n'));
});
afterAll(async () => {
  node.close();
  await ssh.close();
});

async function onNode(...argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await ssh.exec(target, argv, { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
  return stdout.trim();
}

const docker = (...args: readonly string[]): Promise<string> => onNode('docker', ...args);

/** As the deployer makes them: with `--cpus`, and no swap beside the memory. */
async function run(name: string, script: string, options: readonly string[] = []): Promise<string> {
  const limited = ['--cpus', '.5', '--memory', '128m', '--memory-swap', '128m'];
  const own = uniqueName(name);
  await docker(
    ...['run', '-d', '--label', LABEL, '--name', own, ...limited, ...options],
    ...[BASE_IMAGES.python, 'python3', '-uc', script],
  );
  return own;
}

type Changed = LimitAnswer['changes'][number];

async function change(container: string, wanted: LimitsWanted): Promise<Changed> {
  const { changes } = await applyChanges(limits, [{ container, limits: wanted } as LimitChange]);
  return changes[0] ?? expect.fail();
}

const SLEEP = 'import time; time.sleep(600)';
/** Until its script has said that it is ready. */
const saysReady = (name: string): Promise<unknown> =>
  until(`${name} to be ready`, async () => (await docker('logs', name)).includes('ready'));
const inspected = (name: string, format: string): Promise<string> => docker('inspect', '-f', format, name);
const isRunning = async (name: string): Promise<boolean> =>
  (await inspected(name, '{{.State.Running}}')) === 'true';

describe('limits of a container', () => {
  let name: string;
  beforeEach(async () => {
    name = await run('limited', SLEEP);
  });

  it('quota, CPUs and memory were written one after the other: they are one update, which the engine keeps', async () => {
    const changed = await change(name, { cpus: 0.75, cpuset: '1', memoryBytes: 96 * MIB });
    expect(changed).toEqual({
      container: name,
      applied: {
        ...{ cpus: 0.75, cpuset: '1', memoryBytes: 96 * MIB },
        ...{ diskReadBytesPerSecond: null, diskWriteBytesPerSecond: null, networkBytesPerSecond: null },
      },
      memoryUsedBytes: expect.any(Number) as number,
    });
    const kept =
      '{{.HostConfig.NanoCpus}} {{.HostConfig.CpusetCpus}} {{.HostConfig.Memory}} {{.HostConfig.MemorySwap}}';
    expect(await inspected(name, kept)).toBe(`750000000 1 ${96 * MIB} ${96 * MIB}`);
    await docker('restart', '-t', '0', name);
    expect((await change(name, {})).applied).toEqual(changed.applied);
  });

  it('the limit of disk-write was answered under the key of disk-read: each of disk and network is its own', async () => {
    const wanted = { diskReadBytesPerSecond: 4_000_000, diskWriteBytesPerSecond: 2_000_000 };
    const both = await change(name, { ...wanted, networkBytesPerSecond: 1_000_000 });
    expect(both.refused).toBeUndefined();
    expect(both.applied).toMatchObject({ ...wanted, networkBytesPerSecond: 1_000_000, cpus: 0.5 });
    const lifted = await change(name, { diskWriteBytesPerSecond: null, networkBytesPerSecond: null });
    expect(lifted.refused).toBeUndefined();
    expect(lifted.applied).toMatchObject({
      ...{ diskReadBytesPerSecond: 4_000_000, diskWriteBytesPerSecond: null, networkBytesPerSecond: null },
    });
  });

  it('limits are taken away, and come back', async () => {
    const none = await change(name, { cpus: null, memoryBytes: null, cpuset: null });
    expect(none.refused).toBeUndefined();
    expect(none.applied).toMatchObject({ cpus: null, memoryBytes: null });
    const again = await change(name, { cpus: 0.25, memoryBytes: 64 * MIB });
    expect(again.refused).toBeUndefined();
    expect(again.applied).toMatchObject({ cpus: 0.25, memoryBytes: 64 * MIB });
  });

  it('what the engine refuses of CPU does not hold up the memory, and nothing of the pair is applied', async () => {
    const changed = await change(name, { cpus: 900, cpuset: '1', memoryBytes: 100 * MIB });
    expect(changed.refused?.map(({ limit, code }) => [limit, code])).toEqual([
      ['cpu', 'FAILED'],
      ['cpuset', 'FAILED'],
    ]);
    expect(changed.applied).toMatchObject({ cpus: 0.5, memoryBytes: 100 * MIB });
  });

  it('one missing container stopped the loop for all: it is gone, and the rest goes on', async () => {
    const { changes, isUnreached } = await applyChanges(limits, [
      { instance: 'nobody-0', limits: { cpus: 1 } },
      { container: name, limits: { cpus: 0.3 } },
      { container: '/no/such/group', limits: { cpus: 1 } },
    ]);
    expect(isUnreached).toBe(false);
    expect(changes.map(({ refused }) => refused?.[0]?.code)).toEqual(['GONE', undefined, 'GONE']);
    expect(changes[1]?.applied?.cpus).toBe(0.3);
  });

  it('a container whose process is another one since it was looked at is asked for again', async () => {
    const [id, pid] = (await inspected(name, '{{.Id}} {{.State.Pid}}')).split(' ');
    const known = new Map([[id ?? '', { id: id ?? '', name, pid: Number(pid), restarts: 0 }]]);
    const old = new NodeLimits({ access: node, containers: () => known });
    await docker('restart', '-t', '0', name);
    const { changes } = await applyChanges(old, [{ container: name, limits: { cpus: 0.4 } }]);
    expect(changes[0]).toMatchObject({ container: name, applied: { cpus: 0.4 } });
  });

  it('one that was made with a quota of its own is limited, too', async () => {
    const other = uniqueName('quota');
    const quota = ['--cpu-period', '50000', '--cpu-quota', '25000'];
    await docker(
      'run',
      '-d',
      '--label',
      LABEL,
      '--name',
      other,
      ...quota,
      BASE_IMAGES.python,
      'sleep',
      '600',
    );
    const changed = await change(other, { cpus: 0.8, memoryBytes: 64 * MIB });
    expect(changed.refused).toBeUndefined();
    expect(changed.applied).toMatchObject({ cpus: 0.8, memoryBytes: 64 * MIB });
  });
});

const HOLDS = (mebibytes: number): string =>
  `import time; held = bytearray(b"x") * (${mebibytes} << 20); print("ready"); time.sleep(600)`;
/** Reads a file that it has written, so that the kernel keeps it in memory as long as nobody wants that. */
const CACHES = (mebibytes: number): string =>
  `import os, time\nf = open("/tmp/f", "wb")\nfor _ in range(${mebibytes}): f.write(os.urandom(1 << 20))\n` +
  'f.flush(); os.fsync(f.fileno()); f.close()\nfor _ in range(2): open("/tmp/f", "rb").read(1)\nprint("ready"); time.sleep(600)';

describe('memory that is lowered', () => {
  it('was shrunk with no look at what is used: it stays above that, and the container lives', async () => {
    const name = await run('holds', HOLDS(60));
    await saysReady(name);
    const {
      applied,
      refused,
      memoryUsedBytes = 0,
    } = await change(name, { cpus: 0.3, memoryBytes: 32 * MIB });
    expect(refused).toEqual([{ limit: 'memory', code: 'MEMORY_IN_USE', why: expect.any(String) as string }]);
    expect(applied?.cpus).toBe(0.3);
    expect(applied?.memoryBytes).toBeGreaterThanOrEqual(memoryUsedBytes);
    expect(applied?.memoryBytes).toBeGreaterThan(60 * MIB);
    expect(applied?.memoryBytes).toBeLessThan(90 * MIB);
    expect(await isRunning(name)).toBe(true);
  });

  it('has the kernel give file cache back first, in steps', async () => {
    const name = await run('caches', CACHES(90));
    await saysReady(name);
    const before = await change(name, {});
    expect(before.memoryUsedBytes).toBeGreaterThan(80 * MIB);
    const { applied, refused } = await change(name, { memoryBytes: 40 * MIB });
    expect(refused).toBeUndefined();
    expect(applied?.memoryBytes).toBe(40 * MIB);
    expect(await inspected(name, '{{.HostConfig.Memory}} {{.State.Running}}')).toBe(`${40 * MIB} true`);
  });
});

describe('a control group that no engine knows', () => {
  const group = `/${uniqueName('foreign')}`;
  let paths: readonly string[];
  beforeAll(async () => {
    const own = (await onNode('cat', '/proc/self/cgroup')).split('\n').map((line) => line.split(':'));
    const base = own.find(([, names]) => names === 'memory')?.[2] ?? '';
    paths = ['cpu', 'cpuset', 'memory', 'blkio'].map((name) => `/sys/fs/cgroup/${name}${base}${group}`);
    await onNode('mkdir', ...paths);
    const set = await onNode('cat', `/sys/fs/cgroup/cpuset${base}/cpuset.cpus`);
    await onNode(
      'sh',
      '-c',
      'echo "$1" >"$2/cpuset.cpus"; echo 0 >"$2/cpuset.mems"',
      'sh',
      set,
      paths[1] ?? '',
    );
  });
  afterAll(() => onNode('rmdir', ...paths));

  const foreign = async (wanted: LimitsWanted): Promise<Changed> => {
    const own = (await onNode('cat', '/proc/self/cgroup')).split('\n').map((line) => line.split(':'));
    return change(`${own.find(([, names]) => names === 'memory')?.[2] ?? ''}${group}`, wanted);
  };

  it('is rescaled', async () => {
    const wanted = { cpus: 0.4, cpuset: '1', memoryBytes: 64 * MIB, diskReadBytesPerSecond: 1_000_000 };
    const { applied, refused } = await foreign(wanted);
    expect(refused).toBeUndefined();
    expect(applied).toMatchObject(wanted);
    const less = await foreign({ memoryBytes: 32 * MIB, cpus: null });
    expect(less.applied).toMatchObject({ memoryBytes: 32 * MIB, cpus: null });
    const none = await foreign({ memoryBytes: null, diskReadBytesPerSecond: null, cpuset: null });
    expect(none.refused).toBeUndefined();
    expect(none.applied).toMatchObject({ memoryBytes: null, diskReadBytesPerSecond: null });
  });

  it('quota and CPUs had no rollback: where one is refused, the other is put back', async () => {
    await foreign({ cpus: 0.4, cpuset: '0' });
    const { applied, refused } = await foreign({ cpus: 0.6, cpuset: '4096', memoryBytes: 80 * MIB });
    expect(refused?.map(({ limit }) => limit)).toEqual(['cpuset', 'cpu']);
    expect(applied).toMatchObject({ cpus: 0.4, cpuset: '0', memoryBytes: 80 * MIB });
  });
});

/** Bytes a second. */
const RATE = 2_000_000;

whole.it('a disk is written no faster than its limit', async () => {
  const script =
    'import mmap, os, time\nb = mmap.mmap(-1, 1 << 20)\nprint("ready")\nwhile not os.path.exists("/tmp/go"): time.sleep(.01)\n' +
    'f = os.open("/f", os.O_CREAT | os.O_WRONLY | os.O_DIRECT)\nt = time.time()\n' +
    'for _ in range(6): os.write(f, b)\nprint("took", time.time() - t); time.sleep(600)';
  const name = await run('writes', script);
  await saysReady(name);
  expect((await change(name, { diskWriteBytesPerSecond: RATE })).refused).toBeUndefined();
  await docker('exec', name, 'touch', '/tmp/go');
  const took = await until(
    'it to have written',
    async () => /took ([\d.]+)/.exec(await docker('logs', name))?.[1],
  );
  expect((6 * MIB) / Number(took)).toBeLessThan(1.3 * RATE);
});

whole.it('no more comes in by the network than its limit', async () => {
  const script =
    'import socket, time\ns = socket.create_server(("", 9)); print("ready"); c, _ = s.accept(); n = 0; t = time.time()\n' +
    'while d := c.recv(65536): n += len(d)\nprint("rate", n / (time.time() - t)); time.sleep(600)';
  const name = await run('receives', script);
  await saysReady(name);
  expect((await change(name, { networkBytesPerSecond: RATE })).refused).toBeUndefined();
  const address = await inspected(name, '{{.NetworkSettings.IPAddress}}');
  const send =
    'import socket, sys\nc = socket.create_connection((sys.argv[1], 9))\nc.sendall(bytes(6 << 20))\nc.close()';
  await onNode('python3', '-c', send, address);
  const got = await until(
    'it to have received',
    async () => /rate ([\d.]+)/.exec(await docker('logs', name))?.[1],
  );
  expect(Number(got)).toBeLessThan(1.3 * RATE);
  expect(Number(got)).toBeGreaterThan(0.3 * RATE);
});
