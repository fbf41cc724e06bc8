import { SshPool } from '#libs/ssh';
import { sshTargetOf } from '#libs/testing';
import type { WatchedContainer } from '../apps/agent/src/watch/ports.js';
import { benchSimulated } from './bench/agent/simulated.js';
import {
  byExporter,
  byLoop,
  byNobody,
  byStatsStream,
  type Cost,
  moreSleepers,
  type Scene,
} from './bench/agent/watchers.js';
import { freePort } from './one-machine/free-port.js';
import { ensurePackages } from './one-machine/packages.js';
import { printProgress, startOneMachine } from './one-machine/start.js';
import { countsOf, runScript, untilInterrupted } from './run-script.js';

const COUNTS = [0, 10, 50, 200];
/** Containers of which a service asks for peaks. */
const WITH_PEAKS = 5;
const EXPORTER = '/usr/bin/prometheus-node-exporter';
const HEAD = ['containers', 'who', 'node, ms/s', 'agent, ms/s', 'KiB/s'];

interface Options {
  /** Of each measurement. */
  readonly seconds: number;
  /** Rows with more containers, or with more nodes that are simulated, are left out. */
  readonly most: number;
  /** Rows with fewer simulated nodes are left out. */
  readonly least: number;
  /** Of the agent, which share the simulated nodes. */
  readonly replicas: number;
  /** Many nodes that are simulated, and a whole replica. */
  readonly simulated: boolean;
  /** Of each simulated node. */
  readonly containers: number;
}

const interrupted = untilInterrupted();

/**
 * `npm run bench:agent [-- --seconds N] [--most N]`: what watching a node costs, on the node and in the agent.
 * `npm run bench:agent -- --simulated [--replicas N] [--containers N] [--least N] ...`: what replicas cost that watch many
 * nodes.
 */
async function main({ simulated, ...options }: Options): Promise<void> {
  await (simulated ? benchSimulated({ ...options, signal: interrupted }) : benchNode(options));
}

async function benchNode({ seconds, most }: Pick<Options, 'seconds' | 'most'>): Promise<void> {
  await using stops = new AsyncDisposableStack();
  await ensurePackages({ report: printProgress }, { 'prometheus-node-exporter': EXPORTER });
  const machine = await startOneMachine({ nodes: 1, machinesOnly: true, report: printProgress });
  stops.defer(() => machine.stop());
  const ssh = new SshPool();
  stops.defer(() => ssh.close());
  const [[node], [host]] = [machine.nodes, machine.hosts];
  if (node === undefined || host === undefined) throw new Error('There is no node of this set-up.');
  const target = sshTargetOf(node);
  const { stdout } = await ssh.exec(target, ['docker', 'image', 'ls', '-q'], { timeoutMs: 60_000 });
  let containers: readonly WatchedContainer[] = [];
  console.log(lineOf(HEAD));
  console.log(lineOf(HEAD.map(() => '---')));
  for (const count of COUNTS.filter((one) => one <= most)) {
    interrupted.throwIfAborted();
    containers = await moreSleepers(host, stdout.split('\n')[0] ?? '', containers, count);
    await measure({ ssh, target, host, containers, seconds, signal: interrupted });
  }
}

async function measure(scene: Scene): Promise<void> {
  const print = (who: string, { nodeMs, agentMs, kib }: Cost): void => {
    const figures = [nodeMs, agentMs, kib].map((figure) => figure?.toFixed(2) ?? '');
    console.log(lineOf([String(scene.containers.length), who, ...figures]));
  };
  print('engine, nobody watches', { nodeMs: (await byNobody(scene)).nodeMs });
  print('loop and sshd', await byLoop(scene));
  if (scene.containers.length >= WITH_PEAKS)
    print(`the same, ${WITH_PEAKS} with peaks`, await byLoop(scene, WITH_PEAKS));
  if (scene.containers.length > 0) print("engine, its stats' streams", await byStatsStream(scene));
  const port = await freePort();
  const exporter = ['--web.listen-address', `127.0.0.1:${port}`];
  print('node_exporter', await byExporter(scene, EXPORTER, exporter, `http://127.0.0.1:${port}/metrics`));
  const cadvisor = process.env['CADVISOR'];
  if (!cadvisor) return;
  const socket = `unix://${scene.host.socketPath}`;
  const args = ['-listen', `127.0.0.1:${port}`, '-docker', socket, '-docker_only'];
  print('cAdvisor', await byExporter(scene, cadvisor, args, `http://127.0.0.1:${port}/metrics`));
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

function optionsOf(args: readonly string[]): Options | undefined {
  const simulated = args.includes('--simulated');
  const others = args.filter((arg) => arg !== '--simulated');
  const counts = simulated
    ? countsOf(others, { seconds: 30, most: 1_000, least: 0, replicas: 1, containers: 50 })
    : countsOf(others, { seconds: 30, most: 200 });
  const options = counts && { ...{ containers: 0, least: 0, replicas: 1 }, ...counts, simulated };
  return options !== undefined && options.seconds > 1 && options.replicas > 0 ? options : undefined;
}

await runScript({
  options: optionsOf(process.argv.slice(2)),
  usage:
    'Usage: npm run bench:agent [-- [--simulated [--replicas N] [--containers N] [--least N]] [--seconds N] [--most N]]',
  signal: interrupted,
  main,
});
