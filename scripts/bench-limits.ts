import { performance } from 'node:perf_hooks';
import type { LimitChange, LimitsWanted } from '#libs/contracts';
import { SshPool, type SshTarget } from '#libs/ssh';
import { sshTargetOf } from '#libs/testing';
import { NodeLimits } from '../apps/agent/src/limits/adapters/node-limits.js';
import { applyChanges } from '../apps/agent/src/limits/apply-changes.js';
import { SshNode } from '../apps/agent/src/watch/adapters/ssh-node.js';
import { accountedSeconds } from './bench/agent/group-cpu.js';
import { moreSleepers } from './bench/agent/watchers.js';
import type { EngineHost } from './one-machine/engine-host.js';
import { printProgress, startOneMachine } from './one-machine/start.js';
import { countsOf, runScript, untilInterrupted } from './run-script.js';

const MIB = 1024 ** 2;
const IDLE_MS = 5_000;
const HEAD = ['what is changed', 'ms', 'p95', 'node, ms of CPU', 'agent, ms of CPU'];

interface Options {
  /** Of each measurement. */
  readonly runs: number;
  readonly containers: number;
}

interface Scene {
  readonly limits: NodeLimits;
  readonly host: EngineHost;
  readonly names: readonly string[];
  readonly runs: number;
  /** Milliseconds of CPU that the node takes in a millisecond while nothing is asked of it. */
  readonly idle: number;
}

const interrupted = untilInterrupted();

/** `npm run bench:limits [-- --runs N] [--containers N]`: what one change of limits costs, on the node and in the agent. */
async function main({ runs, containers }: Options): Promise<void> {
  await using stops = new AsyncDisposableStack();
  const machine = await startOneMachine({ nodes: 1, machinesOnly: true, report: printProgress });
  stops.defer(() => machine.stop());
  const ssh = new SshPool();
  stops.defer(() => ssh.close());
  const [[entry], [host]] = [machine.nodes, machine.hosts];
  if (entry === undefined || host === undefined) throw new Error('There is no node of this set-up.');
  const target = sshTargetOf(entry);
  const { stdout } = await ssh.exec(target, ['docker', 'image', 'ls', '-q'], { timeoutMs: 60_000 });
  const made = await moreSleepers(host, stdout.split('\n')[0] ?? '', [], containers);
  const known = new Map(made.map(({ id, pid }) => [id, { id, pid, name: id, restarts: 0 }]));
  const turns = { run: <T>(work: () => Promise<T>): Promise<T> => work() };
  const access = new SshNode({ target }, { debug: () => undefined }, turns);
  stops.defer(async () => access.close());
  const limits = new NodeLimits({ access, containers: () => known });
  const names = made.map(({ id }) => id);
  // The connection is made, and programs are in memory.
  await applyChanges(limits, [changeOf(names[0], { cpus: 0.5 })]);
  const idle = await idleShare(host);
  const scene = { limits, host, names, runs, idle };
  const group = (await groupOf(ssh, target, made[0]?.pid)) ?? '';
  console.log(lineOf(HEAD));
  console.log(lineOf(HEAD.map(() => '---')));
  for (const [what, count, wanted] of measured(containers)) {
    interrupted.throwIfAborted();
    console.log(lineOf([what, ...(await measure(scene, count, wanted))]));
  }
  const direct = await measure({ ...scene, names: [group] }, 1, (run) => ({ cpus: 0.4 + (run % 5) / 10 }));
  console.log(lineOf(['CPU of a control group, without its engine', ...direct]));
}

/** The control group of a process, as its node has it. */
async function groupOf(ssh: SshPool, target: SshTarget, pid = 0): Promise<string | undefined> {
  const { stdout } = await ssh.exec(target, ['cat', `/proc/${pid}/cgroup`], { timeoutMs: 10_000 });
  return /^\d+:(?:memory)?:(\/.+)$/m.exec(stdout)?.[1];
}

type Wanted = (run: number) => LimitsWanted;

function measured(containers: number): readonly (readonly [string, number, Wanted])[] {
  const cpus = (run: number): number => 0.4 + (run % 5) / 10;
  const memoryBytes = (run: number): number => (64 + (run % 5)) * MIB;
  const disk = (run: number): LimitsWanted => ({ diskReadBytesPerSecond: (4 + (run % 5)) * MIB });
  return [
    ['nothing, it is only read', 1, () => ({})],
    ['CPU', 1, (run) => ({ cpus: cpus(run) })],
    ['CPU, CPUs and memory', 1, (run) => ({ cpus: cpus(run), cpuset: '0', memoryBytes: memoryBytes(run) })],
    ['disk', 1, disk],
    ['disk and network', 1, (run) => ({ ...disk(run), networkBytesPerSecond: (4 + (run % 5)) * MIB })],
    [`CPU of ${containers} containers, in one request`, containers, (run) => ({ cpus: cpus(run) })],
    [`disk of ${containers} containers, in one request`, containers, disk],
  ];
}

async function measure(scene: Scene, count: number, wanted: Wanted): Promise<readonly string[]> {
  const { limits, host, names, runs, idle } = scene;
  const times: number[] = [];
  const [before, own, begun] = [accountedSeconds(host), process.cpuUsage(), performance.now()];
  for (let run = 0; run < runs; run += 1) {
    const changes = names.slice(0, count).map((name) => changeOf(name, wanted(run)));
    const from = performance.now();
    const answer = await applyChanges(limits, changes);
    times.push(performance.now() - from);
    const refused = answer.changes.find((one) => one.refused !== undefined);
    if (refused !== undefined) throw new Error(JSON.stringify(refused));
  }
  const passed = performance.now() - begun;
  const { user, system } = process.cpuUsage(own);
  const nodeMs = (accountedSeconds(host) - before) * 1_000 - idle * passed;
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return [at(0.5), at(0.95), nodeMs / runs, (user + system) / 1_000 / runs].map((ms) => ms.toFixed(1));
}

const changeOf = (container = '', limits: LimitsWanted): LimitChange => ({ container, limits });

async function idleShare(host: EngineHost): Promise<number> {
  const [before, begun] = [accountedSeconds(host), performance.now()];
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return ((accountedSeconds(host) - before) * 1_000) / (performance.now() - begun);
}

const lineOf = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

await runScript({
  options: countsOf(process.argv.slice(2), { runs: 30, containers: 10 }),
  usage: 'Usage: npm run bench:limits [-- [--runs N] [--containers N]]',
  signal: interrupted,
  main,
});
