import { setTimeout as delay } from 'node:timers/promises';
import type { EngineHost } from '../../one-machine/engine-host.js';
import { spreadOf } from '../figures.js';
import { imagesOf, onEveryNode, type Sides, tinyService } from '../fleet.js';
import type { Answered } from '../slipway-user.js';
import type { Swarm } from '../swarm.js';
import { busyCores, imbalanceOf, loadNode } from './node-load.js';

export interface SpreadOptions {
  readonly replicas: number;
  readonly rounds: number;
  /** So long the nodes are loaded before anything is placed. */
  readonly settleSeconds: number;
}

/** One side's rounds. */
interface Rounds {
  readonly ms: number[];
  /** Standard deviation over the nodes of the cores that are busy. */
  readonly imbalance: number[];
}

export interface SpreadFigures {
  readonly slipway: Rounds;
  readonly swarm: Rounds;
  /** The most and the fewest replicas of a node, of each of Slipway's rounds. */
  readonly perNode: readonly (readonly [number, number])[];
}

/** What keeps a core of the first node busy, and what each of the replicas does that are placed then. */
const LOAD = 0.5;
const BUSY_REPLICAS = 6;
const BUSY_EACH = 0.08;
/** Starts of containers are over by then. */
const REST_MS = 3_000;
const MEASURED_MS = 8_000;

interface Bench {
  readonly sides: Sides;
  readonly swarm: Swarm;
  readonly hosts: readonly EngineHost[];
}

/** Time to spread the replicas of a service, and how even the nodes are busy when one of them was before; in turns. */
export async function measureSpread(bench: Bench, options: SpreadOptions): Promise<SpreadFigures> {
  const { sides, swarm } = bench;
  const { user, signal } = sides;
  const [ours, theirs]: [Rounds, Rounds] = [
    { ms: [], imbalance: [] },
    { ms: [], imbalance: [] },
  ];
  const perNode: (readonly [number, number])[] = [];
  const many = await prepare(sides, 'spread', tinyService({ replicas: options.replicas }));
  for (let round = 0; round < options.rounds; round += 1) {
    signal.throwIfAborted();
    const answered = await user.ask('run', 'spread');
    ours.ms.push(answered.ms);
    perNode.push(mostAndFewest(answered, bench.hosts));
    await user.ask('stop', 'spread');
    theirs.ms.push(await swarm.create(many, options.replicas));
  }
  const files = tinyService({ replicas: BUSY_REPLICAS, busy: BUSY_EACH });
  const busy = await prepare(sides, 'busy', files);
  const [first] = bench.hosts;
  if (first === undefined) throw new Error('There is no node of this set-up.');
  const unload = await loadNode(first, busy, LOAD);
  try {
    await delay(options.settleSeconds * 1_000, undefined, { signal });
    for (let round = 0; round < options.rounds; round += 1) {
      await user.ask('run', 'busy');
      ours.imbalance.push(await imbalance(bench));
      await user.ask('stop', 'busy');
      const whileRunning = async (): Promise<void> => void theirs.imbalance.push(await imbalance(bench));
      await swarm.create(busy, BUSY_REPLICAS, { files, whileRunning });
    }
  } finally {
    await unload();
  }
  return { slipway: ours, swarm: theirs, perNode };
}

/** Its image is on every node, and nothing of it runs. @returns the image */
async function prepare({ user, nodes, auth }: Sides, app: string, files: ReturnType<typeof tinyService>) {
  await user.push(app, files);
  const { services } = await user.ask('build-and-run', app);
  const [image = ''] = await imagesOf(nodes, services);
  await onEveryNode(nodes, [image], auth);
  await user.ask('stop', app);
  return image;
}

async function imbalance({ hosts, sides: { signal } }: Bench): Promise<number> {
  await delay(REST_MS, undefined, { signal });
  return imbalanceOf(await busyCores(hosts, MEASURED_MS, signal));
}

function mostAndFewest({ service }: Answered, hosts: readonly EngineHost[]): readonly [number, number] {
  const counts = hosts.map(({ name }) => service.instances.filter(({ node }) => node === name).length);
  return [Math.max(...counts), Math.min(...counts)];
}

/** The goal: better in both. */
export function printedSpread(
  { slipway, swarm, perNode }: SpreadFigures,
  { replicas, rounds }: SpreadOptions,
): { readonly text: string; readonly areMet: boolean } {
  const time = [slipway.ms, swarm.ms].map(spreadOf);
  // spreadOf rounds to whole numbers: thousandths of a core.
  const balance = [slipway.imbalance, swarm.imbalance].map((all) => spreadOf(all.map((one) => 1_000 * one)));
  const line = (what: string, [own, other]: typeof time, unit: string) => {
    const isMet = (own?.median ?? NaN) < (other?.median ?? NaN);
    const shown = [own, other].map((of) => `${of?.median} ${unit} (${of?.min}-${of?.max})`);
    return {
      isMet,
      text: `${what}: Slipway ${shown[0]}, Docker Swarm ${shown[1]}, goal less .. ${isMet ? 'met' : 'MISSED'}`,
    };
  };
  const lines = [
    line(`time to spread ${replicas} replicas`, time, 'ms'),
    line('imbalance of CPU after uneven load', balance, 'thousandths of a core'),
  ];
  const counts = perNode.map(([most, fewest]) => `${most}/${fewest}`).join(', ');
  return {
    text: [
      `\nMedian (min-max) of ${rounds} rounds each:`,
      ...lines.map(({ text }) => text),
      `most and fewest replicas of a node, Slipway: ${counts}`,
    ].join('\n'),
    areMet: lines.every(({ isMet }) => isMet),
  };
}
