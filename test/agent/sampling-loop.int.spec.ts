import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { until } from '#libs/testing';
import { localShell } from '../../apps/agent/src/watch/adapters/local-shell.js';
import { openNodeChannel } from '../../apps/agent/src/watch/adapters/node-channel.js';
import type { OpenShell } from '../../apps/agent/src/watch/adapters/node-shell.js';
import type { Look } from '../../apps/agent/src/watch/domain/look.js';
import type { NodeChannel } from '../../apps/agent/src/watch/ports.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { type RecordedTree, writeTree } from './recorded-tree.js';

const ID = 'a1'.repeat(32);
const OTHER = 'b2'.repeat(32);
const BUSYBOX = '/bin/busybox';
const TIMEOUT_MS = 20_000;

let folder: string;
let applets: string;
beforeAll(async () => {
  await ensurePackages({ report: () => undefined }, { 'busybox-static': BUSYBOX });
  applets = mkdtempSync(join(tmpdir(), 'slipway-applets-'));
  for (const name of ['sh', 'grep', 'find', 'head', 'df', 'date']) symlinkSync(BUSYBOX, join(applets, name));
});
afterAll(() => rmSync(applets, { recursive: true, force: true }));

const opened: NodeChannel[] = [];
afterEach(async () => {
  for (const channel of opened.splice(0)) {
    channel.close();
    await channel.closed;
  }
  rmSync(folder, { recursive: true, force: true });
});

/** The shell, with whatever other programs its system has. */
const shells: Readonly<Record<string, () => OpenShell>> = {
  dash: () => runBy('dash', '/usr/bin:/bin'),
  bash: () => runBy('bash', '/usr/bin:/bin'),
  busybox: () => runBy('sh', applets),
};

function runBy(shell: string, path: string): OpenShell {
  return (argv) => localShell()(['/usr/bin/env', '-i', `PATH=${path}`, shell, ...argv.slice(1)]);
}

async function openOn(
  tree: RecordedTree,
  shell = 'dash',
  without: readonly string[] = [],
): Promise<NodeChannel> {
  folder = mkdtempSync(join(tmpdir(), 'slipway tree-'));
  writeTree(folder, tree, without);
  const open = shells[shell]?.() ?? runBy(shell, '');
  const channel = await openNodeChannel(open, { dataRoot: '/', timeoutMs: TIMEOUT_MS, root: folder });
  opened.push(channel);
  channel.watch(tree.containers);
  return channel;
}

const containers = [
  { id: ID, pid: 15_518 },
  { id: OTHER, pid: 4_194_304, isOnHostNetwork: true },
];
const asScope = (id: string): string => `/system.slice/docker-${id}.scope`;

const trees: Readonly<Record<string, RecordedTree>> = {
  'v1, cgroupfs': { version: 1, groupOf: (id) => `/docker/${id}`, containers },
  'v1, systemd': { version: 1, groupOf: asScope, containers },
  'v1, a parent of its own': { version: 1, groupOf: (id) => `/of us: all/${id}`, containers },
  'v1, the way hidden by a namespace': {
    ...{ version: 1, top: '/..', containers },
    groupOf: (id) => `/../docker/${id}`,
    folderOf: (id) => `/docker/${id}`,
  },
  'v2, systemd': { version: 2, groupOf: asScope, containers },
  'v2, cgroupfs': { version: 2, groupOf: (id) => `/docker/${id}`, containers },
  'v2, an init of its own in a group below': {
    ...{ version: 2, containers },
    groupOf: (id) => `${asScope(id)}/init.scope`,
    folderOf: asScope,
  },
  'v2, a part of it mounted': {
    ...{ version: 2, top: '/system.slice', containers },
    groupOf: asScope,
    folderOf: (id) => `/docker-${id}.scope`,
  },
};

const counters = (version: 1 | 2) => ({
  cpuSeconds: version === 1 ? 0.068633309 : 0.068633,
  periods: { all: 26, throttled: 10, throttledSeconds: version === 1 ? 0.742213503 : 0.742213 },
  memoryBytes: 12_000_000,
  oomKills: 3,
});

const details = {
  diskIo: new Map([['254:0', { readBytes: 8192, writtenBytes: 4096 }]]),
  network: new Map([['eth0', { inBytes: 8392, outBytes: 6352 }]]),
  processes: 8,
  limits: {
    ...{ cpus: 0.3, memoryBytes: 67_108_864, cpuset: '0-1' },
    ...{ diskReadBytesPerSecond: 4_000_000, diskWriteBytesPerSecond: 5_000_000 },
  },
};

const host = {
  cpu: {
    ...{ user: 1077.18, nice: 85.66, system: 507.99, idle: 649.48 },
    ...{ iowait: 9.38, irq: 0, softirq: 19.35, steal: 2.2 },
  },
  cpus: 2,
  load1: 2.86,
  pressure: { cpu: 14.14, memory: 0, io: 0.31 },
  memory: {
    ...{ totalBytes: 24_684_092 * 1024, availableBytes: 22_407_548 * 1024 },
    ...{ swapTotalBytes: 1_048_572 * 1024, swapFreeBytes: 1_048_571 * 1024 },
  },
  diskIo: new Map([['254:0', { readBytes: 7_082_794 * 512, writtenBytes: 31_177_552 * 512 }]]),
  network: new Map([['eth0', { inBytes: 1_448_565_965, outBytes: 6_288_012 }]]),
};

const fast = (channel: NodeChannel): Promise<Look> => channel.look({ isSlow: false, timeoutMs: TIMEOUT_MS });
const slow = (channel: NodeChannel): Promise<Look> => channel.look({ isSlow: true, timeoutMs: TIMEOUT_MS });

describe.each(Object.keys(shells))('the loop in %s', (shell) => {
  it.each(Object.entries(trees))('reads %s', async (_, tree) => {
    const channel = await openOn(tree, shell);
    const expected = {
      ...{ bootId: '7dfef6c9-5184-4f43-b3bc-4fd67006f2ff', uptimeMs: 1_187_790, tookMs: 0, host },
      containers: new Map(containers.map(({ id, pid }) => [id, { pid, ...counters(tree.version) }])),
    };
    expect(await fast(channel)).toEqual({ sequence: 1, ...expected });
    const { network: _network, ...withoutNetwork } = details;
    const before = Date.now();
    const { disk, wallClockMs = 0, ...look } = await slow(channel);
    expect(look).toEqual({
      ...{ sequence: 2, ...expected },
      details: new Map([
        [ID, details],
        [OTHER, withoutNetwork],
      ]),
    });
    expect(disk?.freeBytes).toBeLessThan(disk?.totalBytes ?? 0);
    // The date of busybox knows no parts of a second.
    expect(wallClockMs).toBeGreaterThan(before - 1_000);
    expect(wallClockMs).toBeLessThanOrEqual(Date.now());
    expect(await channel.topology({ timeoutMs: TIMEOUT_MS })).toEqual({
      ...{ sockets: 1, cores: 1, threads: 2 },
      numaNodes: ['0-1'],
    });
    const range = { firstPort: 20_000, lastPort: 20_009 };
    expect(await channel.listening(range, { timeoutMs: TIMEOUT_MS })).toEqual([20_000, 20_001]);
  });

  it('reads what a kernel has that counts less', async () => {
    const tree: RecordedTree = {
      version: 1,
      groupOf: (id) => `/docker/${id}`,
      containers: containers.slice(0, 1),
    };
    const lacking = [
      '/pressure/',
      'cpu.stat',
      'cfs_',
      'blkio',
      'pids.current',
      'cpuset',
      'boot_id',
      '/node/',
    ];
    const look = await slow(await openOn(tree, shell, lacking));
    const { pressure: _pressure, ...hostLeft } = host;
    expect(look.host).toEqual(hostLeft);
    const { periods: _periods, ...countersLeft } = counters(1);
    expect(look.containers.get(ID)).toEqual({ pid: 15_518, ...countersLeft });
    expect(look.details?.get(ID)).toEqual({ network: details.network, limits: { memoryBytes: 67_108_864 } });
  });

  it('leaves out containers that are gone or never were, and reads those that come', async () => {
    const channel = await openOn({ version: 2, groupOf: asScope, containers }, shell);
    const ids = async (): Promise<readonly string[]> => [...(await slow(channel)).containers.keys()];
    expect(await ids()).toEqual([ID, OTHER]);
    const stranger = { id: 'c3'.repeat(32), pid: 15_518 };
    channel.watch([stranger, { id: 'd4'.repeat(32), pid: 77 }, ...containers]);
    expect(await ids()).toEqual([ID, OTHER]);
    channel.watch(containers.slice(1));
    expect(await ids()).toEqual([OTHER]);
    rmSync(join(folder, 'sys/fs/cgroup', asScope(OTHER), 'memory.stat'));
    expect(await ids()).toEqual([]);
    channel.watch(containers);
    expect(await ids()).toEqual([ID]);
    rmSync(join(folder, 'proc/15518'), { recursive: true });
    expect(await ids()).toEqual([]);
    const late = { id: ID, pid: 99 };
    mkdirSync(join(folder, 'proc/99'));
    writeTree(folder, { version: 2, groupOf: asScope, containers: [late] });
    channel.watch([late]);
    expect(await ids()).toEqual([ID]);
  });

  it.each(['v1, cgroupfs', 'v2, systemd'])('finds the peak between two looks on %s', async (name) => {
    const tree = trees[name] as RecordedTree;
    const channel = await openOn(tree, shell);
    channel.watch(containers.map((one) => ({ ...one, peaks: one.id === ID })));
    const ticked = async (): Promise<Look> => {
      const end = performance.now() + 350;
      await until('some ticks', () => performance.now() > end);
      return fast(channel);
    };
    /** So many hundredths of a second later, so many thousandths of a core were used in them. */
    let [uptime, used] = [118_779, counters(tree.version).cpuSeconds];
    const pass = (hundredths: number, thousandths: number): void => {
      uptime += hundredths;
      used += (hundredths / 100) * (thousandths / 1_000);
      const [file, text] =
        tree.version === 1
          ? ['cpu,cpuacct/docker/' + ID + '/cpuacct.usage', `${Math.round(used * 1e9)}`]
          : [asScope(ID) + '/cpu.stat', `usage_usec ${Math.round(used * 1e6)}\nuser_usec 1`];
      writeFileSync(join(folder, 'sys/fs/cgroup', file), `${text}\n`);
      writeFileSync(join(folder, 'proc/uptime'), `${(uptime / 100).toFixed(2)} 1.00\n`);
    };
    const peaksOf = (look: Look) => [ID, OTHER].map((id) => look.containers.get(id)?.cpuPeak);
    await fast(channel);
    expect(peaksOf(await ticked())).toEqual([undefined, undefined]);
    for (const thousandths of [500, 1_500, 250]) {
      pass(10, thousandths);
      expect(peaksOf(await ticked())).toEqual([thousandths / 1_000, undefined]);
    }
    // Too soon after the last tick to say anything.
    pass(2, 900);
    expect(peaksOf(await ticked())).toEqual([undefined, undefined]);
    // Nobody asks any more.
    channel.watch(containers);
    await fast(channel);
    pass(10, 900);
    expect(peaksOf(await ticked())).toEqual([undefined, undefined]);
  });

  it('ends when its input does', async () => {
    const channel = await openOn({ version: 2, groupOf: asScope, containers }, shell);
    await fast(channel);
    channel.close();
    await channel.closed;
    await expect(fast(channel)).rejects.toMatchObject({ reason: 'closed' });
  });
});

it('a machine without a shell says so', async () => {
  await expect(openOn({ version: 2, groupOf: asScope, containers: [] }, 'no-such-shell')).rejects.toThrow(
    /no-such-shell/,
  );
});
