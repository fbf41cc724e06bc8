import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EngineHost } from '../../one-machine/engine-host.js';

/** Seconds of a processor that the kernel has counted for all processes of a node, with cgroup v1 and with v2. */
export function accountedSeconds(host: EngineHost): number {
  const version1 = host.group.joins.find((path) => path.includes('/cpuacct/'));
  if (version1 !== undefined) return Number(readFileSync(join(version1, '../cpuacct.usage'), 'utf8')) / 1e9;
  const stat = readFileSync(join(host.group.pressureFolder, 'cpu.stat'), 'utf8');
  return Number(/usage_usec (\d+)/.exec(stat)?.[1]) / 1e6;
}
