import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { engineCall } from '../../one-machine/engine-api.js';
import type { EngineHost } from '../../one-machine/engine-host.js';
import { busyLoop } from '../fleet.js';

/** Seconds of CPU that a node and its containers have spent, by its control group. */
function cpuSecondsOf({ group }: EngineHost): number {
  const v1 = group.joins.find((path) => path.includes('/cpuacct/'));
  if (v1 !== undefined) return Number(readFileSync(join(dirname(v1), 'cpuacct.usage'), 'utf8')) / 1e9;
  const stat = readFileSync(join(group.pressureFolder, 'cpu.stat'), 'utf8');
  return Number(/^usage_usec (\d+)$/m.exec(stat)?.[1]) / 1e6;
}

/** Cores that each node keeps busy, over so long. */
export async function busyCores(
  hosts: readonly EngineHost[],
  ms: number,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const [before, begun] = [hosts.map(cpuSecondsOf), performance.now()];
  await delay(ms, undefined, { signal });
  const seconds = (performance.now() - begun) / 1_000;
  return hosts.map((host, n) => (cpuSecondsOf(host) - (before[n] ?? NaN)) / seconds);
}

/** How far the nodes are from the same load: the standard deviation of the cores that they keep busy. */
export function imbalanceOf(cores: readonly number[]): number {
  const mean = cores.reduce((sum, one) => sum + one, 0) / cores.length;
  return Math.sqrt(cores.reduce((sum, one) => sum + (one - mean) ** 2, 0) / cores.length);
}

/** A container that neither Slipway nor Swarm knows of keeps a share of a core busy. @returns what removes it */
export async function loadNode(
  { socketPath }: EngineHost,
  image: string,
  share: number,
): Promise<() => Promise<void>> {
  const body = { Image: image, Cmd: ['node', '-e', busyLoop(share)] };
  const { Id } = JSON.parse(await engineCall(socketPath, 'POST', '/containers/create', body)) as {
    Id: string;
  };
  await engineCall(socketPath, 'POST', `/containers/${Id}/start`);
  return async () => void (await engineCall(socketPath, 'DELETE', `/containers/${Id}?force=1`));
}
