/** What a machine computes with. */
export interface Topology {
  readonly sockets: number;
  readonly cores: number;
  /** What the kernel schedules on. */
  readonly threads: number;
  /** CPUs of each memory node, as the kernel lists them, such as `0-3,8`; one of all where there is no NUMA. */
  readonly numaNodes: readonly string[];
}

const CPU_LINE = /\/cpu(\d+)\/topology\/(physical_package_id|core_id):(-?\d+)$/;
const NODE_LINE = /\/node(\d+)\/cpulist:([\d,-]+)$/;
const ONLINE_LINE = /\/cpu\/online:([\d,-]+)$/;

/** Of lines `file:value` of /sys/devices/system; undefined where they do not name the CPUs. */
export function parseTopology(text: string): Topology | undefined {
  const cpus = new Map<string, { package?: string; core?: string }>();
  const nodes = new Map<number, string>();
  let online: string | undefined;
  for (const line of text.split('\n')) {
    const [, cpu, what, value = ''] = CPU_LINE.exec(line) ?? [];
    if (cpu !== undefined) {
      const known = cpus.get(cpu) ?? {};
      cpus.set(cpu, what === 'core_id' ? { ...known, core: value } : { ...known, package: value });
    }
    const [, node, list = ''] = NODE_LINE.exec(line) ?? [];
    if (node !== undefined) nodes.set(Number(node), list);
    online = ONLINE_LINE.exec(line)?.[1] ?? online;
  }
  if (online === undefined) return undefined;
  const seen = [...cpus.values()];
  const threads = countOf(online);
  return {
    sockets: Math.max(1, new Set(seen.map((cpu) => cpu.package)).size),
    // A virtual machine may not say which CPUs share a core.
    cores: new Set(seen.map((cpu) => `${cpu.package} ${cpu.core}`)).size || threads,
    threads,
    numaNodes: nodes.size === 0 ? [online] : [...nodes].sort(([a], [b]) => a - b).map(([, list]) => list),
  };
}

/** Of a list such as `0-3,8`. */
function countOf(list: string): number {
  const ranges = list.split(',').map((range) => range.split('-').map(Number));
  return ranges.reduce((count, [first = 0, last = first]) => count + last - first + 1, 0);
}
