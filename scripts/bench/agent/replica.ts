import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type AppProcess, metricOf, until } from '#libs/testing';
import type { AgentInstallation } from './installation.js';
import { processes } from './process-cpu.js';
import { FiguresReader, type Read } from './reader.js';

/** What replicas cost while they watched so many nodes. */
export interface ReplicaCost {
  readonly nodes: number;
  /** How many nodes each replica watched. */
  readonly shares: readonly number[];
  /** From the start of the replicas until each node was observed; undefined where that took too long. */
  readonly allAfterMs: number | undefined;
  readonly seconds: number;
  /** Of all replicas together. */
  readonly agentCpuMs: number;
  readonly simulatorCpuMs: number;
  /** Of the replica that has most. */
  readonly residentMib: number;
  readonly read: Read;
}

export interface ReplicaScene {
  readonly installation: AgentInstallation;
  readonly nodes: number;
  readonly replicas: number;
  readonly containers: number;
  /** The share of containers that works. */
  readonly working: number;
  readonly seconds: number;
  readonly signal: AbortSignal;
}

/** A row is measured all the same after that, so that it ends within six minutes. */
const PATIENCE_MS = 200_000;
/** What is done once at the start, such as asking for each container, is over by then. */
const SETTLE_MS = 10_000;

export async function measureReplicas(scene: ReplicaScene): Promise<ReplicaCost> {
  const { installation, nodes, replicas, containers, working } = scene;
  await using stops = new AsyncDisposableStack();
  const simulator = await installation.enrolSimulated(nodes, containers, working);
  stops.defer(async () => void (await simulator.stop()));
  const begun = performance.now();
  const agents = await Promise.all(Array.from({ length: replicas }, () => installation.startAgent()));
  stops.defer(async () => void (await Promise.all(agents.map((agent) => agent.stop()))));
  const reader = new FiguresReader();
  await reader.start(installation.kafka());
  stops.defer(() => reader.stop());
  const isAll = await until(`${nodes} nodes`, () => reader.seen.size === nodes, {
    timeoutMs: PATIENCE_MS,
  }).then(
    () => true,
    () => false,
  );
  const allAfterMs = isAll ? performance.now() - begun : undefined;
  await delay(SETTLE_MS, undefined, { signal: scene.signal });
  return { nodes, allAfterMs, ...(await costOf(scene, { agents, simulator, reader })) };
}

interface Running {
  readonly agents: readonly AppProcess[];
  readonly simulator: AppProcess;
  readonly reader: FiguresReader;
}

async function costOf({ seconds, signal }: ReplicaScene, { agents, simulator, reader }: Running) {
  const cpu = (): readonly number[] => [sumOf(agents.map(cpuMsOf)), cpuMsOf(simulator)];
  reader.since();
  const [before, begun] = [cpu(), performance.now()];
  await delay(seconds * 1_000, undefined, { signal });
  const read = reader.since();
  const after = cpu();
  const elapsed = (performance.now() - begun) / 1_000;
  return {
    ...{ seconds: elapsed, read, residentMib: Math.max(...agents.map(residentMibOf)) },
    shares: await Promise.all(agents.map(shareOf)),
    agentCpuMs: (after[0] ?? 0) - (before[0] ?? 0),
    simulatorCpuMs: (after[1] ?? 0) - (before[1] ?? 0),
  };
}

const sumOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

/** By its own metrics. */
const shareOf = (agent: AppProcess): Promise<number> =>
  metricOf(String(agent.httpUrls()['agent']), 'slipway_agent_nodes');

const cpuMsOf = ({ pid }: AppProcess): number => processes().find((one) => one.pid === pid)?.ownMs ?? NaN;

const residentMibOf = ({ pid }: AppProcess): number =>
  Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1_024;
