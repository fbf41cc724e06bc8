import { percentile } from '../../../apps/agent/src/state/domain/percentiles.js';
import { AgentInstallation } from './installation.js';
import { measureReplicas, type ReplicaCost } from './replica.js';

const NODES = [100, 300, 1_000];
/** The rest sleeps, as in most installations. */
const WORKING = 0.5;
const HEAD = [
  ...['nodes', 'each replica', 'all observed after, s', 'CPU, cores', 'CPU, ms a node-second'],
  ...['memory, MiB', 'messages/s'],
  ...['KiB/s', 'seconds observed, %', 'age p50, ms', 'age p99, ms', 'unreachable', 'simulator, cores'],
];

export interface SimulatedOptions {
  readonly seconds: number;
  /** Rows with fewer nodes, and with more, are left out. */
  readonly least: number;
  readonly most: number;
  /** Of the agent; they share the nodes. */
  readonly replicas: number;
  readonly containers: number;
  readonly signal: AbortSignal;
}

/** What replicas cost that watch up to 1,000 nodes, which are simulated by another process. */
export async function benchSimulated({ least, most, ...options }: SimulatedOptions): Promise<void> {
  const installation = await AgentInstallation.start();
  try {
    console.log(lineOf(HEAD));
    console.log(lineOf(HEAD.map(() => '---')));
    for (const nodes of NODES.filter((one) => one >= least && one <= most)) {
      options.signal.throwIfAborted();
      const cost = await measureReplicas({ ...options, installation, nodes, working: WORKING });
      console.log(rowOf(cost));
      for (const line of reasonLines(cost.read.unreachable)) console.log(line);
    }
  } finally {
    await installation.stop();
  }
}

function rowOf({ nodes, shares, allAfterMs, seconds, read, ...cost }: ReplicaCost): string {
  const { messages, agesMs, bytes } = read;
  const due = nodes * seconds;
  const figures: readonly (readonly [number, number])[] = [
    [cost.agentCpuMs / 1_000 / seconds, 2],
    [cost.agentCpuMs / messages, 2],
    [cost.residentMib, 0],
    [messages / seconds, 0],
    [bytes / 1_024 / seconds, 0],
    [(100 * messages) / due, 1],
    [percentile(agesMs, 0.5), 0],
    [percentile(agesMs, 0.99), 0],
    [read.unreachable.length, 0],
    [cost.simulatorCpuMs / 1_000 / seconds, 2],
  ];
  const allAfter = allAfterMs === undefined ? 'not all' : (allAfterMs / 1_000).toFixed(1);
  const texts = figures.map(([figure, digits]) => figure.toFixed(digits));
  return lineOf([String(nodes), shares.join(' + '), allAfter, ...texts]);
}

/** Why nodes were said to be unreachable, the most frequent reason first, without their addresses. */
function reasonLines(reasons: readonly string[]): readonly string[] {
  const byReason = Map.groupBy(reasons, (reason) => reason.replaceAll(/127\.0\.0\.1:\d+/g, 'its address'));
  return [...byReason]
    .toSorted(([, a], [, b]) => b.length - a.length)
    .map(([reason, { length }]) => `${length} unreachable: ${reason}`);
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
