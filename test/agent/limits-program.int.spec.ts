import { execFileSync, type StdioOptions } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { limitsProgram } from '../../apps/agent/src/limits/adapters/limits-program.js';
import { parseFound, type Subject } from '../../apps/agent/src/limits/domain/found.js';
import { ensurePackages } from '../../scripts/one-machine/packages.js';
import { isWhole } from '../short-form.js';
import { type RecordedTree, writeTree } from './recorded-tree.js';

const ID = 'a1'.repeat(32);
const PID = 15_518;
const BUSYBOX = '/bin/busybox';
const MIB = 1024 ** 2;

let folder: string;
let tools: string;
beforeAll(async () => {
  await ensurePackages({ report: () => undefined }, { 'busybox-static': BUSYBOX });
  tools = mkdtempSync(join(tmpdir(), 'slipway-tools-'));
  for (const name of ['cat', 'find', 'grep', 'head']) symlinkSync(BUSYBOX, join(tools, name));
  // As iproute2 prints it. The link 17 comes first, and its number ends as that of the container's.
  tool(
    'ip',
    'echo "17: veth17@if16: <UP> mtu 1500 link-netnsid 1"; echo "7: veth7@if6: <UP> mtu 1500 link-netnsid 2"',
  );
  tool(
    'tc',
    'case "$*" in *"-j qdisc show"*) cat "${0%/*}/queues" ;; *) echo "$*" >>"${0%/*}/did" ;; esac; true',
  );
});
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'slipway limits-'));
  writeFileSync(join(tools, 'queues'), '[{"kind":"noqueue","dev":"veth7","root":true}]');
  writeFileSync(join(tools, 'did'), '');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));
afterAll(() => rmSync(tools, { recursive: true, force: true }));

function tool(name: string, script: string): void {
  writeFileSync(join(tools, name), `#!/bin/dash\n${script}\n`);
  chmodSync(join(tools, name), 0o755);
}

const shells: Readonly<Record<string, readonly string[]>> = {
  dash: ['/bin/dash'],
  bash: ['/bin/bash'],
  busybox: [BUSYBOX, 'sh'],
};

const containers = [{ id: ID, pid: PID }];
const asScope = (id: string): string => `/system.slice/docker-${id}.scope`;
const trees: Readonly<Record<string, RecordedTree>> = {
  'v1, cgroupfs': { version: 1, groupOf: (id) => `/docker/${id}`, containers },
  'v1, systemd': { version: 1, groupOf: asScope, containers },
  'v1, the way hidden by a namespace': {
    ...{ version: 1, top: '/..', containers },
    groupOf: (id) => `/../docker/${id}`,
    folderOf: (id) => `/docker/${id}`,
  },
  'v2, systemd': { version: 2, groupOf: asScope, containers },
  'v2, cgroupfs': { version: 2, groupOf: (id) => `/docker/${id}`, containers },
  'v2, a part of it mounted': {
    ...{ version: 2, top: '/system.slice', containers },
    groupOf: asScope,
    folderOf: (id) => `/docker-${id}.scope`,
  },
};

const groupOf = (tree: RecordedTree): string => (tree.folderOf ?? tree.groupOf)(ID);
const fileOf = (tree: RecordedTree, name: string): string => {
  const [mount = '', file = ''] = tree.version === 1 ? name.split('/') : ['', name];
  return join(folder, 'sys/fs/cgroup', mount, groupOf(tree), file);
};
const held = (tree: RecordedTree, name: string): string => readFileSync(fileOf(tree, name), 'utf8').trim();

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What the program needs besides what a look reads. */
function write(tree: RecordedTree, without: readonly string[] = []): void {
  writeTree(folder, tree, without);
  const files =
    tree.version === 1
      ? {
          'memory/memory.memsw.limit_in_bytes': '67108864\n',
          'blkio/blkio.throttle.read_bps_device': '',
          'blkio/blkio.throttle.write_bps_device': '',
        }
      : { 'io.max': '', 'memory.high': 'max\n', 'cpuset.cpus': '\n' };
  for (const [name, text] of Object.entries(files))
    if (!without.includes(name)) put(fileOf(tree, name), text);
  const parent = tree.version === 1 ? 'cpuset/cpuset.cpus' : 'cpuset.cpus.effective';
  put(join(dirname(dirname(fileOf(tree, parent))), parent.replace(/.*\//, '')), '0-3\n');
  for (const [name, device] of [
    ['vda', '254:0'],
    ['loop0', '7:0'],
    ['dm-1', '253:1'],
  ])
    put(join(folder, 'sys/block', name ?? '', 'dev'), `${device}\n`);
  const card = join(folder, `proc/${PID}/root/sys/class/net/eth0`);
  put(join(card, 'ifindex'), '6\n');
  put(join(card, 'iflink'), '7\n');
}

function run(shell: string, ...words: readonly string[]): readonly Subject[] {
  const [, ...argv] = limitsProgram(words, folder);
  const [program = '', ...options] = shells[shell] ?? [];
  const env = { PATH: tools };
  // With a socket as its input, bash would take itself to be a login over the network.
  const stdio: StdioOptions = ['ignore', 'pipe', 'pipe'];
  return (
    parseFound(execFileSync(program, [...options, ...argv], { env, stdio, encoding: 'utf8' })) ??
    expect.fail()
  );
}

const one = (shell: string, ...words: readonly string[]): Subject =>
  run(shell, 'container', ID, String(PID), ...words)[0] ?? expect.fail();

/** The short form has one shell: the others differ in what the sampling loop shows as well. */
const tried = isWhole('int') ? Object.keys(shells) : ['dash'];

describe.each(tried)('the program in %s', (shell) => {
  /** Its own `ip`, which knows no kinds of links, stands before that of iproute2. */
  const hasLinks = shell !== 'busybox';

  it.each(Object.entries(trees))('reads %s', (_, tree) => {
    write(tree);
    expect(one(shell)).toEqual({
      ...{ kind: 'found', version: tree.version, notWritten: [] },
      applied: {
        ...{ cpus: 0.3, memoryBytes: 64 * MIB, cpuset: tree.version === 1 ? '0-3' : '0-1' },
        ...{ diskReadBytesPerSecond: null, diskWriteBytesPerSecond: null },
        ...(hasLinks && { networkBytesPerSecond: null }),
      },
      ...{ usedBytes: 12_316_672, inactiveBytes: 316_672, allCpus: '0-3' },
    });
  });

  it.each(Object.entries(trees))('writes %s', (_, tree) => {
    write(tree);
    one(shell, 'cpu', '50000', 'cpuset', '1', 'memory', '100000000', 'read', '4000', 'write', '5000');
    if (tree.version === 1) {
      expect(held(tree, 'cpu,cpuacct/cpu.cfs_quota_us')).toBe('50000');
      expect(held(tree, 'cpuset/cpuset.cpus')).toBe('1');
      expect(held(tree, 'memory/memory.limit_in_bytes')).toBe('100000000');
      expect(held(tree, 'memory/memory.memsw.limit_in_bytes')).toBe('100000000');
      expect(held(tree, 'blkio/blkio.throttle.read_bps_device')).toBe('254:0 4000');
      expect(held(tree, 'blkio/blkio.throttle.write_bps_device')).toBe('254:0 5000');
    } else {
      expect(held(tree, 'cpu.max')).toBe('50000 100000');
      expect(held(tree, 'cpuset.cpus')).toBe('1');
      expect(held(tree, 'memory.max')).toBe('100000000');
      expect(held(tree, 'io.max')).toBe('254:0 wbps=5000');
    }
  });

  it.each(['v1, cgroupfs', 'v2, systemd'])('takes limits away: %s', (name) => {
    const tree = trees[name] ?? expect.fail();
    write(tree);
    expect(one(shell, 'cpu', '-1', 'memory', '-1', 'read', '0')).toMatchObject({
      applied: { cpus: null, diskReadBytesPerSecond: name.startsWith('v1') ? 0 : null },
    });
    const [quota, memory] =
      tree.version === 1
        ? ['cpu,cpuacct/cpu.cfs_quota_us', 'memory/memory.limit_in_bytes']
        : ['cpu.max', 'memory.max'];
    expect([held(tree, quota), held(tree, memory)]).toEqual(
      tree.version === 1 ? ['-1', '-1'] : ['max 100000', 'max'],
    );
  });

  it('memory of v2 was lowered by the limit, below which it kills: it is taken back by memory.high first', () => {
    const tree = trees['v2, cgroupfs'] ?? expect.fail();
    write(tree);
    one(shell, 'step', '8192');
    expect([held(tree, 'memory.high'), held(tree, 'memory.max')]).toEqual(['8192', '67108864']);
    one(shell, 'settle', '-');
    expect(held(tree, 'memory.high')).toBe('max');
  });

  it('a period of its own is brought to the one that quotas count by', () => {
    const tree = trees['v1, cgroupfs'] ?? expect.fail();
    write(tree);
    writeFileSync(fileOf(tree, 'cpu,cpuacct/cpu.cfs_period_us'), '50000\n');
    one(shell, 'cpu', '30000');
    expect(held(tree, 'cpu,cpuacct/cpu.cfs_period_us')).toBe('100000');
    expect(held(tree, 'cpu,cpuacct/cpu.cfs_quota_us')).toBe('30000');
  });

  it('a link whose number ends as that of another one was taken for it', () => {
    write(trees['v1, cgroupfs'] ?? expect.fail());
    const limited = one(shell, 'network', '8000000', '65536');
    if (!hasLinks) {
      const why = 'no link of its own is known';
      return expect(limited).toMatchObject({ notWritten: [{ limit: 'network', why }] });
    }
    const did = 'qdisc replace dev veth7 root tbf rate 8000000bit burst 65536 latency 50ms';
    expect(readFileSync(join(tools, 'did'), 'utf8')).toContain(did);
    writeFileSync(
      join(tools, 'queues'),
      '[{"kind":"tbf","dev":"veth17","root":true,"options":{"rate":5}},{"kind":"tbf","dev":"veth7","root":true,"options":{"rate":1000000}}]',
    );
    expect(one(shell)).toMatchObject({ applied: { networkBytesPerSecond: 1_000_000 } });
  });

  it('says what is missing, and goes on', () => {
    const tree = trees['v2, cgroupfs'] ?? expect.fail();
    write(tree, ['io.max']);
    const found = one(shell, 'read', '4000', 'cpu', '70000');
    expect(found).toMatchObject({
      notWritten: [{ limit: 'diskRead', why: 'io.max is missing' }],
      applied: { cpus: 0.7 },
    });
    expect(found).not.toHaveProperty('applied.diskReadBytesPerSecond');
  });

  it('finds a control group by its path, and tells what is not there', () => {
    const tree = trees['v2, systemd'] ?? expect.fail();
    write(tree);
    const words = ['group', groupOf(tree), 'cpu', '60000', 'group', '/lxc/none', 'cpu', '1000'];
    expect(run(shell, ...words, 'container', ID, '4194303')).toMatchObject([
      { kind: 'found', applied: { cpus: 0.6 } },
      { kind: 'gone' },
      { kind: 'gone' },
    ]);
  });

  it('a process that has the number now and is of another container is not touched', () => {
    const tree = trees['v1, cgroupfs'] ?? expect.fail();
    write(tree);
    expect(run(shell, 'container', 'b2'.repeat(32), String(PID), 'cpu', '1000')).toEqual([{ kind: 'bare' }]);
    expect(held(tree, 'cpu,cpuacct/cpu.cfs_quota_us')).toBe('30000');
  });
});
