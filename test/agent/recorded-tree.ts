import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** /proc and /sys of a machine as its kernel shows them, in a folder. */
export interface RecordedContainer {
  readonly id: string;
  readonly pid: number;
  /** It shares the network of the machine. */
  readonly isOnHostNetwork?: boolean;
}

export interface RecordedTree {
  readonly version: 1 | 2;
  /** Of a container as its /proc/PID/cgroup has it. */
  readonly groupOf: (id: string) => string;
  /** Where it lies below the mounts, where that is another place: a namespace of the reader hides the way. */
  readonly folderOf?: (id: string) => string;
  /** The top of the mounts, as the reader's namespace has it. */
  readonly top?: string;
  readonly containers: readonly RecordedContainer[];
}

/** As Debian 11 and Ubuntu 20.04 mount them. */
const V1_MOUNTS = [
  'cpu,cpuacct',
  'memory',
  'blkio',
  'pids',
  'cpuset',
  'devices',
  'freezer',
  'net_cls,net_prio',
];

const V1_FILES: Readonly<Record<string, string>> = {
  'cpu,cpuacct/cpuacct.usage': '68633309\n',
  'cpu,cpuacct/cpuacct.usage_percpu': '34316654 34316655 \n',
  'cpu,cpuacct/cpu.stat': 'nr_periods 26\nnr_throttled 10\nthrottled_time 742213503\n',
  'cpu,cpuacct/cpu.cfs_quota_us': '30000\n',
  'cpu,cpuacct/cpu.cfs_period_us': '100000\n',
  'memory/memory.usage_in_bytes': '12316672\n',
  'memory/memory.limit_in_bytes': '67108864\n',
  'memory/memory.stat':
    'cache 4096\nrss 8192000\nrss_huge 0\nmapped_file 0\nswap 0\npgpgin 5\npgpgout 2\ninactive_anon 0\nactive_anon 1\n' +
    'inactive_file 1000\nactive_file 4096\nunevictable 0\nhierarchical_memory_limit 67108864\n' +
    'hierarchical_memsw_limit 134217728\ntotal_cache 4096\ntotal_rss 8192000\ntotal_inactive_anon 0\n' +
    'total_active_anon 1\ntotal_inactive_file 316672\ntotal_active_file 4096\ntotal_unevictable 0\n',
  'memory/memory.oom_control': 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n',
  'blkio/blkio.throttle.io_service_bytes':
    '254:0 Read 8192\n254:0 Write 4096\n254:0 Sync 8192\n254:0 Async 4096\n254:0 Discard 0\n254:0 Total 12288\n' +
    '253:1 Read 777\n253:1 Write 777\nTotal 13842\n',
  'blkio/blkio.throttle.read_bps_device': '254:0 4000000\n253:1 1\n',
  'blkio/blkio.throttle.write_bps_device': '254:0 5000000\n',
  'pids/pids.current': '8\n',
  'cpuset/cpuset.cpus': '0-3\n',
  'cpuset/cpuset.effective_cpus': '0-1\n',
};

const V2_FILES: Readonly<Record<string, string>> = {
  'cpu.stat':
    'usage_usec 68633\nuser_usec 40000\nsystem_usec 28633\ncore_sched.force_idle_usec 0\nnr_periods 26\n' +
    'nr_throttled 10\nthrottled_usec 742213\nnr_bursts 0\nburst_usec 0\n',
  'memory.current': '12316672\n',
  'memory.stat':
    'anon 8192000\nfile 4096\nkernel 1000000\nkernel_stack 49152\npagetables 0\nshmem 0\nfile_mapped 0\n' +
    'inactive_anon 0\nactive_anon 1\ninactive_file 316672\nactive_file 4096\nunevictable 0\nslab 1\n' +
    'workingset_refault_file 0\npgfault 100\npgmajfault 0\n',
  'memory.events': 'low 0\nhigh 0\nmax 1234\noom 3\noom_kill 3\noom_group_kill 0\n',
  'memory.max': '67108864\n',
  'cpu.max': '30000 100000\n',
  'io.stat':
    '7:1 7:0 254:0 rbytes=8192 wbytes=4096 rios=2 wios=1 dbytes=0 dios=0\n' +
    '253:1 rbytes=777 wbytes=777 rios=1 wios=1 dbytes=0 dios=0\n',
  'io.max': '254:0 rbps=4000000 wbps=5000000 riops=max wiops=max\n253:1 rbps=1 wbps=1 riops=max wiops=max\n',
  'pids.current': '8\n',
  'cpuset.cpus.effective': '0-1\n',
  'cgroup.controllers': 'cpuset cpu io memory hugetlb pids rdma misc\n',
};

const HOST_FILES: Readonly<Record<string, string>> = {
  'proc/stat':
    'cpu  107718 8566 50799 64948 938 0 1935 220 0 0\ncpu0 53975 4185 24126 34336 225 0 580 104 0 0\n' +
    'cpu1 53742 4380 26673 30611 713 0 1354 116 0 0\nintr 123 0 0\nctxt 999\nbtime 1795958846\nprocesses 16112\n' +
    'procs_running 2\nprocs_blocked 0\nsoftirq 55 1 2 3\n',
  'proc/loadavg': '2.86 6.96 5.97 1/955 16111\n',
  'proc/meminfo':
    'MemTotal:       24684092 kB\nMemFree:        10000000 kB\nMemAvailable:   22407548 kB\nBuffers:            1 kB\n' +
    'Cached:          100000 kB\nSwapCached:            0 kB\nSwapTotal:       1048572 kB\nSwapFree:        1048571 kB\n' +
    'HugePages_Total:       0\nDirectMap4k:      100 kB\n',
  'proc/diskstats':
    '   7       0 loop0 9 0 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n   1       0 ram0 9 0 9 0 0 0 0 0 0 0 0 0 0 0 0 0 0\n' +
    '254       0 vda 252395 30260 7082794 51583 642539 652114 31177552 345129 0 65232 427585 133903 1249 6243328 15563 134801 15309\n' +
    '254       1 vda1 252395 30260 7082000 51583 642539 652114 31177000 345129 0 65232 427585 133903 1249 6243328 15563 134801 15309\n' +
    '253       1 dm-1 9 0 9 0 0 0 9 0 0 0 0 0 0 0 0 0 0\n',
  'proc/net/dev':
    'Inter-|   Receive                                                |  Transmit\n' +
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n' +
    '    lo: 308929589  664817    0    0    0     0          0         0 308929589  664817    0    0    0     0       0          0\n' +
    '  eth0: 1448565965   63275    0    0    0     0          0         0  6288012   47907    0    0    0     0       0          0\n' +
    'docker0: 199961897  117747    0    0    0     0          0        56 643549537  143480    0    0    0     0       0          0\n' +
    'veth1a2b3c4:172403418   54286    0    0    0     0          0         0 89603699   44058    0    0    0     0       0          0\n',
  'proc/net/tcp':
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n' +
    '   0: 00000000:4E21 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 21 1 0 100 0 0 10 0\n' +
    '   1: 0100007F:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 22 1 0 100 0 0 10 0\n' +
    '   2: 0B500A0A:4E22 0100500A:D431 01 00000000:00000000 02:000A72E1 00000000     0        0 23 2 0 20 4 30 10 -1\n',
  'proc/net/tcp6':
    '  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n' +
    '   0: 00000000000000000000000000000000:4E21 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 24 1 0 100 0 0 10 0\n' +
    '   1: 00000000000000000000000001000000:4E20 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 25 1 0 100 0 0 10 0\n',
  'proc/uptime': '1187.79 649.48\n',
  'proc/sys/kernel/ostype': 'Linux\n',
  'proc/sys/kernel/random/boot_id': '7dfef6c9-5184-4f43-b3bc-4fd67006f2ff\n',
  'proc/self/ns/net': '',
  'sys/devices/system/cpu/online': '0-1\n',
  'sys/devices/system/cpu/cpu0/topology/physical_package_id': '0\n',
  'sys/devices/system/cpu/cpu0/topology/core_id': '0\n',
  'sys/devices/system/cpu/cpu0/topology/thread_siblings_list': '0-1\n',
  'sys/devices/system/cpu/cpu1/topology/physical_package_id': '0\n',
  'sys/devices/system/cpu/cpu1/topology/core_id': '0\n',
  'sys/devices/system/node/node0/cpulist': '0-1\n',
};

const PRESSURE_FILES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries({ cpu: '14.14', memory: '0.00', io: '0.31' }).map(([name, share]) => [
    `proc/pressure/${name}`,
    `some avg10=${share} avg60=27.71 avg300=52.48 total=676905747\n` +
      'full avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  ]),
);

const NET_DEV =
  'Inter-|   Receive                                                |  Transmit\n' +
  ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n' +
  '    lo:      10       1    0    0    0     0          0         0       10       1    0    0    0     0       0          0\n' +
  '  eth0:    8392     105    0    0    0     0          0         0     6352      82    0    0    0     0       0          0\n';

/** Kernels differ: `without` names files that this one does not have. */
export function writeTree(root: string, tree: RecordedTree, without: readonly string[] = []): void {
  const put = (path: string, text: string): void => {
    if (without.some((name) => path.includes(name))) return;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  for (const [path, text] of Object.entries({ ...HOST_FILES, ...PRESSURE_FILES })) put(path, text);
  put('proc/self/mountinfo', mountsOf(tree));
  for (const container of tree.containers) {
    const process = `proc/${container.pid}`;
    put(`${process}/cgroup`, groupsOf(tree, container.id));
    put(`${process}/net/dev`, NET_DEV);
    mkdirSync(join(root, process, 'ns'), { recursive: true });
    if (container.isOnHostNetwork) symlinkSync('../../self/ns/net', join(root, process, 'ns/net'));
    else put(`${process}/ns/net`, '');
    const folder = (tree.folderOf ?? tree.groupOf)(container.id);
    for (const [path, text] of Object.entries(tree.version === 1 ? V1_FILES : V2_FILES)) {
      const [mount, file] = tree.version === 1 ? path.split('/') : ['', path];
      put(join('sys/fs/cgroup', mount ?? '', folder, file ?? ''), text);
      // Podman's watcher of the container.
      const watcher = join(dirname(folder), `libpod-conmon-${container.id}.scope`);
      put(join('sys/fs/cgroup', mount ?? '', watcher, file ?? ''), text.replaceAll(/\d+/g, '7'));
    }
  }
}

function mountsOf({ version, top = '/' }: RecordedTree): string {
  const mounts =
    version === 1
      ? [
          '31 23 0:28 / /sys/fs/cgroup ro,nosuid,nodev,noexec shared:9 - tmpfs tmpfs ro,mode=755',
          `32 31 0:29 ${top} /sys/fs/cgroup/unified rw,nosuid shared:10 - cgroup2 cgroup2 rw`,
          `33 31 0:30 ${top} /sys/fs/cgroup/systemd rw shared:11 - cgroup cgroup rw,xattr,name=systemd`,
          ...V1_MOUNTS.map(
            (names, n) =>
              `${34 + n} 31 0:3${n} ${top} /sys/fs/cgroup/${names} rw,relatime shared:${12 + n} - cgroup cgroup rw,${names}`,
          ),
        ]
      : [
          `29 23 0:26 ${top} /sys/fs/cgroup rw,nosuid,nodev,noexec,relatime shared:4 - cgroup2 cgroup2 rw,nsdelegate`,
        ];
  return ['22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw', ...mounts, ''].join('\n');
}

function groupsOf({ version, groupOf }: RecordedTree, id: string): string {
  const group = groupOf(id);
  if (version === 2) return `0::${group}\n`;
  const lines = V1_MOUNTS.map((names, n) => `${12 - n}:${names}:${group}`);
  return [...lines, `1:name=systemd:${group}`, `0::${group}`, ''].join('\n');
}
