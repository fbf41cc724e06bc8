import { type CpuSpent, cpuSince, cpuTimes, meanCpu } from './cpu.js';
import { spreadOf, type Spread } from './figures.js';
import { imagesOf, onEveryNode, type ServiceFleet, type Sides, tinyService } from './fleet.js';
import type { Answered } from './slipway-user.js';
import type { Swarm } from './swarm.js';
import { timeline } from './timeline.js';

/** Creates and starts at once on each node. */
const AT_ONCE = [1, 2, 4, 8] as const;
/** Of both sides, without a clock: a broker and a platform that have just started compile what they run for the first time. */
const WARM_UPS = 3;
/** The most that Slipway's time may be of the engines' own best. */
const GOAL = 1.15;

interface Timed {
  readonly ms: number;
  readonly cpu: CpuSpent;
}

type ByAtOnce = ReadonlyMap<number, Timed[]>;

/** Slipway and the engines alone in turns; of the engines every parallelism once, then the best two of these. */
export async function measureServices(
  fleet: ServiceFleet,
  rounds: number,
  signal: AbortSignal,
): Promise<string> {
  const slipway: (Timed & Answered)[] = [];
  const engines: ByAtOnce = new Map(AT_ONCE.map((atOnce): [number, Timed[]] => [atOnce, []]));
  for (let round = 0; round < WARM_UPS; round += 1) {
    signal.throwIfAborted();
    await fleet.run();
    await fleet.stop();
    await alone(fleet, AT_ONCE[0]);
  }
  for (let round = 0; round < rounds; round += 1) {
    slipway.push(await withCpu(() => fleet.run()));
    await fleet.stop();
    for (const atOnce of round === 0 ? AT_ONCE : bestOf(engines).slice(0, 2)) {
      signal.throwIfAborted();
      engines.get(atOnce)?.push(await alone(fleet, atOnce));
    }
  }
  return printedServices(fleet.count, { slipway, engines });
}

async function alone(fleet: ServiceFleet, atOnce: number): Promise<Timed> {
  const timed = await withCpu(async () => ({ ms: await fleet.enginesAlone(atOnce) }));
  await fleet.removeStarted();
  return timed;
}

async function withCpu<T extends object>(work: () => Promise<T>): Promise<T & { readonly cpu: CpuSpent }> {
  const before = cpuTimes();
  const result = await work();
  return { ...result, cpu: cpuSince(before) };
}

interface Measured {
  readonly slipway: readonly (Timed & Answered)[];
  readonly engines: ByAtOnce;
}

function printedServices(count: number, { slipway, engines }: Measured): string {
  const [best = 0] = bestOf(engines);
  const ratio = spreadOfRuns(slipway).median / spreadOfRuns(engines.get(best) ?? []).median;
  const typical = slipway.toSorted((a, b) => a.ms - b.ms)[Math.floor((slipway.length - 1) / 2)];
  return [
    `\n${count} services in one request; median (min-max), and mean seconds of CPU of all cores:`,
    `  Slipway: ${printedRuns(slipway)}`,
    ...[...engines].map(
      ([atOnce, runs]) => `  engines alone, ${atOnce} at once on each node: ${printedRuns(runs)}`,
    ),
    `  Slipway / engines at their best (${best} at once): ${ratio.toFixed(2)}; goal <= ${GOAL} ${ratio <= GOAL ? 'met' : 'MISSED'}`,
    timeline(typical?.steps ?? []),
  ].join('\n');
}

function printedRuns(runs: readonly Timed[]): string {
  const cpu = Object.entries(meanCpu(runs.map((run) => run.cpu))).map(
    ([group, seconds]) => `${group} ${seconds.toFixed(2)}`,
  );
  return `${printed(spreadOfRuns(runs))}, ${runs.length} runs; CPU: ${cpu.join(', ')}`;
}

const spreadOfRuns = (runs: readonly Timed[]): Spread => spreadOf(runs.map(({ ms }) => ms));

/** The parallelisms, the fastest first. */
function bestOf(engines: ByAtOnce): readonly number[] {
  const median = (atOnce: number): number => spreadOfRuns(engines.get(atOnce) ?? []).median;
  return [...engines.keys()].sort((a, b) => median(a) - median(b));
}

/** Replicas of one service by Slipway and by Swarm, in turns. */
export async function measureReplicas(
  { user, nodes, auth, signal }: Sides,
  swarm: Swarm,
  { replicas, rounds }: { readonly replicas: number; readonly rounds: number },
): Promise<string> {
  const app = `replicas-${replicas}`;
  await user.push(app, tinyService({ replicas }));
  const { services } = await user.ask('build-and-run', app);
  const [image = ''] = await imagesOf(nodes, services);
  await onEveryNode(nodes, [image], auth);
  await user.ask('stop', app);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    signal.throwIfAborted();
    ours.push((await user.ask('run', app)).ms);
    await user.ask('stop', app);
    theirs.push(await swarm.create(image, replicas));
  }
  const [own, other] = [spreadOf(ours), spreadOf(theirs)];
  const ratio = (own.median / other.median).toFixed(2);
  return `${replicas} replicas, ${rounds} runs: Slipway ${printed(own)}; Docker Swarm ${printed(other)}; Slipway / Swarm ${ratio}`;
}

const printed = ({ median, min, max }: Spread): string => `${median} ms (${min}-${max})`;
