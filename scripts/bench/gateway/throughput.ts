import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { Ledger } from '../../one-machine/ledger.js';
import { processes, treeOf } from '../agent/process-cpu.js';
import { keptSizes, pathOf, type Size, sizes, startInstances } from './instances.js';
import { type Load, loadOf } from './load.js';
import {
  haproxyAlone,
  haproxyByHand,
  HOST,
  nginxAlone,
  ownGateway,
  type Side,
  type SideOptions,
} from './sides.js';

const run = promisify(execFile);

/** The names of the sides; goals and tables go by them. */
export const SIDES = {
  alone: 'HAProxy alone',
  byHand: 'HAProxy by hand',
  nginx: 'nginx',
  ours: 'Slipway',
  logged: 'Slipway, with its access log',
  seed: "the seed's rule, on HAProxy",
} as const;
export type SideName = (typeof SIDES)[keyof typeof SIDES];

export interface RoundOf extends Load {
  /** Of the proxy's processes, for one request. */
  readonly cpuUs: number;
}

export interface Measured {
  readonly cores: number;
  readonly size: Size;
  readonly side: SideName;
  readonly rounds: readonly RoundOf[];
}

export interface ThroughputOptions {
  readonly rounds: number;
  readonly seconds: number;
  readonly cores: readonly number[];
}

interface Bench {
  readonly folder: string;
  readonly ledger: Ledger;
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
}

/** Of this machine, which has two: the proxy has the first, and everything else the second; or all have both. */
const PROXY_CORES: Readonly<Record<number, string>> = { 1: '0', 2: '0,1' };
const OTHER_CORES: Readonly<Record<number, string>> = { 1: '1', 2: '0,1' };

/** Requests a second and latencies of all sides, in turns. */
export async function measureThroughput(
  bench: Bench,
  options: ThroughputOptions,
): Promise<readonly Measured[]> {
  const all: Measured[] = [];
  for (const cores of options.cores) all.push(...(await onCores(bench, options, cores)));
  return all;
}

async function onCores(
  bench: Bench,
  options: ThroughputOptions,
  cores: number,
): Promise<readonly Measured[]> {
  const { folder, ledger, signal, say } = bench;
  const [own, others] = [PROXY_CORES[cores] ?? '0', OTHER_CORES[cores] ?? '1'];
  await using stops = new AsyncDisposableStack();
  // What it does beside, such as taking the log, is not to be done on the proxy's core.
  await pinSelf(others);
  stops.defer(() => pinSelf(PROXY_CORES[2] ?? ''));
  const { ports, child } = await startInstances(`${folder}/${cores}`, ledger, others);
  stops.defer(() => child.stop());
  const common = { folder: `${folder}/${cores}`, ledger, ports, cores: own, threads: cores };
  const sides = await startSides(common, stops);
  const keeping = await startKeeping(common, stops);
  const measured = [
    ...sides.flatMap((at) => sizes.map((size) => ({ at, size }))),
    ...keeping.flatMap((at) => keptSizes.map((size) => ({ at, size }))),
  ].map(({ at, size }) => ({ cores, size, side: at.name as SideName, rounds: [] as RoundOf[], at }));
  for (const { at, size } of measured) await measure(at, size, { seconds: 1, cores: others });
  for (let round = 1; round <= options.rounds; round += 1) {
    say(`${cores} core${cores === 1 ? '' : 's'}, round ${round} of ${options.rounds} ...`);
    // Whoever goes first does so in another round last.
    for (const one of rotated(measured, round * sizes.length)) {
      signal.throwIfAborted();
      one.rounds.push(await measure(one.at, one.size, { seconds: options.seconds, cores: others }));
    }
  }
  return measured.map(({ at: _, ...figures }) => figures);
}

const rotated = <T>(all: readonly T[], by: number): readonly T[] => [
  ...all.slice(by % all.length),
  ...all.slice(0, by % all.length),
];

const startSides = (options: SideOptions, stops: AsyncDisposableStack): Promise<readonly Side[]> =>
  startInTurn(stops, [
    () => haproxyAlone(SIDES.alone, 'leastconn', options),
    () => haproxyByHand(SIDES.byHand, options),
    () => nginxAlone(options),
    () => ownGateway(SIDES.ours, options),
    () => ownGateway(SIDES.logged, { ...options, onLine: () => undefined }),
    // The seed draws each worker anew, by its share of all scores.
    () => haproxyAlone(SIDES.seed, 'random(1)', { ...options, weights: [100, 50, 25, 5] }),
  ]);

/** Those that have a cache; what they are asked for is in it. */
function startKeeping(options: SideOptions, stops: AsyncDisposableStack): Promise<readonly Side[]> {
  const keeping = { ...options, keeps: true };
  return startInTurn(stops, [
    () => haproxyAlone(SIDES.alone, 'leastconn', keeping),
    () => nginxAlone(keeping),
    () => ownGateway(SIDES.ours, keeping),
  ]);
}

async function startInTurn(
  stops: AsyncDisposableStack,
  starts: readonly (() => Promise<Side>)[],
): Promise<readonly Side[]> {
  const sides: Side[] = [];
  for (const start of starts) {
    const side = await start();
    sides.push(side);
    stops.defer(() => side.stop());
  }
  return sides;
}

async function measure(
  { port, pid }: Side,
  size: Size,
  { seconds, cores }: { readonly seconds: number; readonly cores: string },
): Promise<RoundOf> {
  const cpuMs = (): number => treeOf(pid, processes()).reduce((sum, { ownMs }) => sum + ownMs, 0);
  const before = cpuMs();
  const load = await loadOf({ url: `http://127.0.0.1:${port}${pathOf(size)}`, host: HOST, seconds, cores });
  return { ...load, cpuUs: (1_000 * (cpuMs() - before)) / load.requests };
}

async function pinSelf(cores: string): Promise<void> {
  await run('taskset', ['-a', '-c', '-p', cores, String(process.pid)]);
}
