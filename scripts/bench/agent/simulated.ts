import { percentile } from '../../../apps/agent/src/state/domain/percentiles.js';
import { AgentInstallation } from './installation.js';
import { measureReplica, type ReplicaCost } from './replica.js';

const NODES = [100, 300, 1_000];
/** The rest sleeps, as in most installations. */
const WORKING = 0.5;
const HEAD = [
  ...['nodes', 'all observed after, s', 'CPU, cores', 'CPU, ms a node-second', 'memory, MiB', 'messages/s'],
  ...['KiB/s', 'seconds observed, %', 'age p50, ms', 'age p99, ms', 'unreachable', 'simulator, cores'],
];

export interface SimulatedOptions {
  readonly seconds: number;
  /** Rows with more nodes are left out. */
  readonly most: number;
  readonly containers: number;
  readonly signal: AbortSignal;
}

/** What one replica costs that watches up to 1,000 nodes, which are simulated by another process. */
export async function benchSimulated({ most, ...options }: SimulatedOptions): Promise<void> {
  const installation = await AgentInstallation.start();
  try {
    console.log(lineOf(HEAD));
    console.log(lineOf(HEAD.map(() => '---')));
    for (const nodes of NODES.filter((one) => one <= most)) {
      options.signal.throwIfAborted();
      console.log(rowOf(await measureReplica({ ...options, installation, nodes, working: WORKING })));
    }
  } finally {
    await installation.stop();
  }
}

function rowOf({ nodes, seconds, read, ...cost }: ReplicaCost): string {
  const { messages, agesMs, bytes } = read;
  const due = nodes * seconds;
  const figures: readonly (readonly [number, number])[] = [
    [nodes, 0],
    [cost.allAfterMs / 1_000, 1],
    [cost.agentCpuMs / 1_000 / seconds, 2],
    [cost.agentCpuMs / messages, 2],
    [cost.residentMib, 0],
    [messages / seconds, 0],
    [bytes / 1_024 / seconds, 0],
    [(100 * messages) / due, 1],
    [percentile(agesMs, 0.5), 0],
    [percentile(agesMs, 0.99), 0],
    [read.unreachable, 0],
    [cost.simulatorCpuMs / 1_000 / seconds, 2],
  ];
  return lineOf(figures.map(([figure, digits]) => figure.toFixed(digits)));
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
