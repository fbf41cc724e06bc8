import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type AppProcess, until } from '#libs/testing';
import type { AgentInstallation } from './installation.js';
import { processes } from './process-cpu.js';
import { FiguresReader, type Read } from './reader.js';

/** What one replica cost while it watched so many nodes. */
export interface ReplicaCost {
  readonly nodes: number;
  /** From the start of the replica until each node was observed. */
  readonly allAfterMs: number;
  readonly seconds: number;
  readonly agentCpuMs: number;
  readonly simulatorCpuMs: number;
  readonly residentMib: number;
  readonly read: Read;
}

export interface ReplicaScene {
  readonly installation: AgentInstallation;
  readonly nodes: number;
  readonly containers: number;
  /** The share of containers that works. */
  readonly working: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

const PATIENCE_MS = 240_000;
/** What is done once at the start, such as asking for each container, is over by then. */
const SETTLE_MS = 10_000;

export async function measureReplica(scene: ReplicaScene): Promise<ReplicaCost> {
  const { installation, nodes, containers, working } = scene;
  await using stops = new AsyncDisposableStack();
  const simulator = await installation.enrolSimulated(nodes, containers, working);
  stops.defer(async () => void (await simulator.stop()));
  const begun = performance.now();
  const agent = await installation.startAgent();
  stops.defer(async () => void (await agent.stop()));
  const reader = new FiguresReader();
  await reader.start(installation.kafka());
  stops.defer(() => reader.stop());
  await until(`${nodes} nodes`, () => reader.seen.size === nodes, { timeoutMs: PATIENCE_MS });
  const allAfterMs = performance.now() - begun;
  await delay(SETTLE_MS, undefined, { signal: scene.signal });
  return { nodes, allAfterMs, ...(await costOf(scene, { agent, simulator, reader })) };
}

interface Running {
  readonly agent: AppProcess;
  readonly simulator: AppProcess;
  readonly reader: FiguresReader;
}

async function costOf({ seconds, signal }: ReplicaScene, { agent, simulator, reader }: Running) {
  const cpu = (): readonly number[] => [agent, simulator].map(cpuMsOf);
  reader.since();
  const [before, begun] = [cpu(), performance.now()];
  await delay(seconds * 1_000, undefined, { signal });
  const read = reader.since();
  const after = cpu();
  const elapsed = (performance.now() - begun) / 1_000;
  return {
    ...{ seconds: elapsed, read, residentMib: residentMibOf(agent) },
    agentCpuMs: (after[0] ?? 0) - (before[0] ?? 0),
    simulatorCpuMs: (after[1] ?? 0) - (before[1] ?? 0),
  };
}

const cpuMsOf = ({ pid }: AppProcess): number => processes().find((one) => one.pid === pid)?.ownMs ?? NaN;

const residentMibOf = ({ pid }: AppProcess): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
