import { excerpts, seedIntense, seedManyReal, step } from '../../sim/scaling/loads.js';
import { AIM, OVER } from '../../sim/scaling/policies.js';
import { fittingCount, type Load } from '../../sim/scaling/run.js';
import { concurrencyAt, type ServiceShape } from '../../sim/scaling/service.js';
import { seeded } from '../../sim/placement/random.js';
import { measureWakes, type WakeRound } from './from-zero.js';
import type { Hops } from './hops.js';
import { measureOverload, type OverloadRound } from './overload.js';
import { type ComingBack, measureComingBack } from './pause.js';
import { type RealFigures, runReal } from './real-run.js';
import { type RealSide, ScaledService } from './scaled-service.js';
import { AT_ONCE, INSTANT, INTENSE, SEED_MAX, SEED_MIN, SHAPE } from './shapes.js';

export const PARTS = ['overload', 'wake', 'pause', 'loads'] as const;
export type Part = (typeof PARTS)[number];

export interface RealOptions {
  readonly parts: readonly Part[];
  readonly rounds: number;
  /** Loads are cut to so many seconds. */
  readonly seconds: number;
}

export interface RealMeasured {
  readonly overload: readonly OverloadRound[];
  readonly wakes: readonly WakeRound[];
  readonly back?: ComingBack;
  readonly loads: readonly RealFigures[];
}

/** A load with the service that gets it. */
export interface RealLoadCase {
  readonly load: Load;
  readonly shape: ServiceShape;
  readonly min: number;
  readonly max: number;
}

interface Measuring extends RealOptions {
  readonly hops: Hops;
  readonly say: (line: string) => void;
}

const SEED = 1;
/** More would not fit beside the lane of the seed. */
const MOST_REAL = 20;
/** So that all fit on nodes with the processors of one machine. */
const SMALL = { resources: { cpu: 0.15, memoryMiB: 64 } };
/** Half a processor: most of a start is its own work. */
const USUAL = { resources: { cpu: 0.5, memoryMiB: 128 } };
/** So long nothing is idle while it is measured. */
const IDLE_MS = 60_000;

/** The machine that carries the instances makes the requests, too. */
const halved = (load: Load): Load => ({ ...load, perSecond: load.perSecond.map((requests) => requests / 2) });

/** Loads in lanes, which run side by side: that of the seed lasts as long as the others together, and costs little. */
export const lanesOf = (seconds: number): readonly (readonly RealLoadCase[])[] => {
  const cut = (load: Load): Load => ({ ...load, perSecond: load.perSecond.slice(0, seconds) });
  const seeds = { min: SEED_MIN, max: SEED_MAX };
  return [
    [...excerpts(), step].map((load) => ({ load: halved(cut(load)), shape: SHAPE, min: 1, max: MOST_REAL })),
    [
      { load: cut(seedIntense), shape: INTENSE, ...seeds },
      { load: cut(seedManyReal), shape: INSTANT, ...seeds },
    ],
  ];
};

export async function measureReal(side: RealSide, measuring: Measuring): Promise<RealMeasured> {
  const isAsked = (part: Part): boolean => measuring.parts.includes(part);
  const overload = isAsked('overload') ? await overloadOf(side, measuring) : [];
  const wakes = isAsked('wake') ? await wakesOf(side, measuring) : [];
  const [host] = side.hosts;
  const back =
    isAsked('pause') && host !== undefined
      ? await measureComingBack(side, host, measuring.rounds)
      : undefined;
  const loads = isAsked('loads')
    ? await Promise.all(lanesOf(measuring.seconds).map((lane) => laneOf(side, lane, measuring)))
    : [];
  return { overload, wakes, ...(back !== undefined && { back }), loads: loads.flat() };
}

async function overloadOf(
  side: RealSide,
  { rounds, hops, say }: Measuring,
): Promise<readonly OverloadRound[]> {
  const service = await ScaledService.deploy(side, 'overload', SHAPE, USUAL);
  const all = await measureOverload(side, service, {
    ...{ rounds, hops, shape: SHAPE, random: seeded(SEED) },
    policy: { min: 1, max: 6, targets: { concurrency: concurrencyAt(SHAPE, AIM) } },
    onRound: ({ decidedMs, servingMs, failed }) =>
      say(
        `overload: decided after ${decidedMs.toFixed(0)} ms, serving after ${servingMs.toFixed(0)} ms, ${failed} failed`,
      ),
  });
  await service.stop();
  return all;
}

async function wakesOf(side: RealSide, { rounds, hops, say }: Measuring): Promise<readonly WakeRound[]> {
  const service = await ScaledService.deploy(side, 'woken', AT_ONCE, USUAL);
  const all = await measureWakes(side, service, {
    ...{ rounds, hops },
    policy: { min: 0, max: 4, idleMs: IDLE_MS, targets: { concurrency: concurrencyAt(AT_ONCE, AIM) } },
    onRound: ({ answeredMs, healthyMs, afterHealthyMs }) =>
      say(
        `woken: healthy after ${healthyMs} ms, answered after ${answeredMs} ms: ${afterHealthyMs} ms later`,
      ),
  });
  await service.stop();
  return all;
}

async function laneOf(
  side: RealSide,
  lane: readonly RealLoadCase[],
  { say }: Measuring,
): Promise<readonly RealFigures[]> {
  const all: RealFigures[] = [];
  for (const [index, { load, shape, min, max }] of lane.entries()) {
    const service = await ScaledService.deploy(side, `load-${shape.workers}-${index}`, shape, SMALL);
    await service.hold(Math.max(min, fittingCount(load, shape, OVER)));
    const policy = { min, max, targets: { concurrency: concurrencyAt(shape, AIM) } };
    const figures = await runReal(service, load, {
      ...{ shape, policy, over: OVER, random: seeded(SEED), signal: side.signal },
    });
    say(
      `${load.name}: ${figures.secondsOver} s over, ${figures.instanceSeconds} instance-seconds, ${figures.flaps} flaps, ${figures.failed} of ${figures.sent} failed ${JSON.stringify(figures.failures)}`,
    );
    all.push(figures);
    await service.stop();
  }
  return all;
}
