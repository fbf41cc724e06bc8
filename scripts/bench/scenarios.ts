import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Engine } from '#libs/engine';
import type { Hand } from './by-hand.js';
import type { Measured } from './figures.js';
import type { Floor } from './floor.js';
import {
  configOf,
  type Files,
  SERVICE,
  withChangedCode,
  withChangedDependencies,
  writeContext,
} from './service.js';
import type { Answered, SlipwayUser } from './slipway-user.js';

export interface Bench {
  readonly user: SlipwayUser;
  readonly hand: Hand;
  readonly floor: Floor;
  /** By node name. */
  readonly engines: ReadonlyMap<string, Engine>;
  readonly auth: { readonly username: string; readonly password: string; readonly serveraddress: string };
  readonly directory: string;
  readonly baseImages: string;
  readonly files: Files;
  readonly runs: number;
  /** In the name of every application and image of this bench. */
  readonly id: string;
  readonly signal: AbortSignal;
}

export const benchId = (): string => `bench-${randomBytes(4).toString('hex')}`;

async function timed(work: () => Promise<void>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

/** Sides take turns, and in each round another begins: what slows the machine for a while slows all of them. */
async function inTurns(bench: Bench, sides: readonly (() => Promise<void>)[]): Promise<void> {
  for (let round = 0; round < bench.runs; round += 1)
    for (let turn = 0; turn < sides.length; turn += 1) {
      bench.signal.throwIfAborted();
      await sides[(round + turn) % sides.length]?.();
    }
}

/** The digest of what runs; pulled to every node, since any of them may be the next one's. */
async function onEveryNode({ engines, auth }: Bench, { service }: Answered): Promise<string> {
  const [instance] = service.instances;
  const state = await engines.get(instance?.node ?? '')?.inspect(instance?.container ?? '');
  if (state === undefined) throw new Error('The container of the reply is not on its node.');
  await Promise.all([...engines.values()].map((engine) => engine.pull(state.image, auth)));
  return state.image;
}

/** A broker and a platform that have just started compile what they run for the first time: that is no deployment's time. */
const WARM_UPS = 30;

export async function warmUp({ user, files, id, signal }: Bench): Promise<void> {
  const app = `${id}-warm-up`;
  await user.push(app, files);
  await user.ask('build-and-run', app);
  for (let run = 0; run < WARM_UPS; run += 1) {
    signal.throwIfAborted();
    await user.ask('run', app, { restart: true });
  }
  await user.ask('stop', app);
}

/** The release is there, its image is on every node, and nothing of it runs. */
export async function warmRun(bench: Bench): Promise<Measured> {
  const { user, hand, floor } = bench;
  const app = `${bench.id}-run`;
  const sides = await runSides(bench, app);
  const stopAll = (): Promise<unknown> =>
    Promise.all([user.ask('stop', app), hand.removeRunning(), floor.removeRunning()]);
  await stopAll();
  const measured = await measureRuns(bench, sides, stopAll);
  await stopAll();
  return measured;
}

/** The release is there, its image is on every node, and what runs of it is replaced. */
export async function warmReplacement(bench: Bench): Promise<Measured> {
  const { user, hand, floor } = bench;
  const app = `${bench.id}-replace`;
  const sides = await runSides(bench, app);
  const measured = await measureRuns(bench, sides, async () => undefined);
  await Promise.all([user.ask('stop', app), hand.removeRunning(), floor.removeRunning()]);
  return measured;
}

interface RunSides {
  readonly slipway: () => Promise<Answered>;
  readonly byHand: () => Promise<void>;
  readonly floor: () => Promise<void>;
}

async function runSides(bench: Bench, app: string): Promise<RunSides> {
  const { user, hand, floor, files } = bench;
  const config = configOf(files);
  await user.push(app, files);
  const image = await onEveryNode(bench, await user.ask('build-and-run', app));
  return {
    slipway: () => user.ask('run', app, { restart: true }),
    byHand: () => hand.pullAndReplace(image, config),
    floor: () => floor.replace(image, config),
  };
}

/** Twice without a clock first: connections are made, and each side has something to replace. */
async function measureRuns(
  bench: Bench,
  sides: RunSides,
  between: () => Promise<unknown>,
): Promise<Measured> {
  const slipway: Answered[] = [];
  const byHand: number[] = [];
  const least: number[] = [];
  for (const side of [sides.slipway, sides.byHand, sides.floor]) {
    await side();
    await side();
  }
  await inTurns(bench, [
    async () => {
      await between();
      slipway.push(await sides.slipway());
    },
    async () => {
      await between();
      byHand.push(await timed(sides.byHand));
    },
    async () => {
      await between();
      least.push(await timed(sides.floor));
    },
  ]);
  return { slipway, byHand, floor: least };
}

/** One changed line of code; the dependencies' layer is on the builder, in the registry and on every node. */
export async function warmBuild(bench: Bench): Promise<Measured> {
  const { user, files } = bench;
  const app = `${bench.id}-build`;
  const slipway: Answered[] = [];
  const byHand: number[] = [];
  const ask = async (): Promise<Answered> => {
    await user.push(app, withChangedCode(files));
    return user.ask('build-and-run', app);
  };
  const byHands = buildByHand(bench, `${bench.id}-hand`);
  await onEveryNode(bench, await ask());
  await byHands(withChangedCode(files));
  await inTurns(bench, [
    async () => void slipway.push(await ask()),
    async () => void byHand.push(await byHands(withChangedCode(files))),
  ]);
  await Promise.all([user.ask('stop', app), bench.hand.removeRunning()]);
  return { slipway, byHand, floor: [] };
}

/** An application that is new each time, with a manifest that is: the dependencies are installed, sent and pulled. */
export async function coldBuild(bench: Bench): Promise<Measured> {
  const { user, files } = bench;
  const slipway: Answered[] = [];
  const byHand: number[] = [];
  let count = 0;
  const ask = async (): Promise<Answered> => {
    const app = `${bench.id}-cold-${(count += 1)}`;
    await user.push(app, withChangedDependencies(files));
    const answered = await user.ask('build-and-run', app);
    await user.ask('stop', app);
    return answered;
  };
  const byHands = async (): Promise<number> => {
    const ms = await buildByHand(
      bench,
      `${bench.id}-hand-cold-${(count += 1)}`,
    )(withChangedDependencies(files));
    await bench.hand.removeRunning();
    return ms;
  };
  await inTurns(bench, [
    async () => void slipway.push(await ask()),
    async () => void byHand.push(await byHands()),
  ]);
  return { slipway, byHand, floor: [] };
}

function buildByHand({ hand, directory, baseImages, auth }: Bench, repository: string) {
  let count = 0;
  return async (files: Files): Promise<number> => {
    const tag = `${auth.serveraddress}/${repository}/${SERVICE}:${(count += 1)}`;
    const context = join(directory, `${repository}-${count}`);
    await writeContext(context, files, baseImages);
    return timed(() => hand.buildAndReplace(context, tag, configOf(files)));
  };
}
