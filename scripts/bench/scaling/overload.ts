import { setTimeout as delay } from 'node:timers/promises';
import type { WrittenScalingPolicy } from '#libs/contracts';
import type { ServiceShape } from '../../sim/scaling/service.js';
import { capacityOf } from '../../sim/scaling/service.js';
import type { Hop, Hops } from './hops.js';
import { RealLoad } from './real-load.js';
import type { RealSide, ScaledService } from './scaled-service.js';

export interface OverloadRound {
  /** From the first second of overload: when the scale-out was decided, and when a new instance gave its first answer. */
  readonly decidedMs: number;
  readonly servingMs: number;
  readonly failed: number;
  /** What was said meanwhile, by the time after the overload. */
  readonly hops: readonly Hop[];
}

interface OverloadOptions {
  readonly rounds: number;
  readonly shape: ServiceShape;
  readonly policy: WrittenScalingPolicy;
  readonly random: () => number;
  readonly hops: Hops;
  /** With each round as it ends. */
  readonly onRound: (round: OverloadRound) => void;
}

/** Of what one instance can carry: before, and from one moment to the next. */
const CALM = 0.3;
const OVERLOAD = 2;
/** So long the calm load goes before: what was asked for and refused before is forgotten, and what a request needs is known. */
const CALM_MS = 16_000;

/** The load of one instance rises to more than it can carry; a policy adds others. */
export async function measureOverload(
  side: RealSide,
  service: ScaledService,
  { rounds, onRound, ...options }: OverloadOptions,
): Promise<readonly OverloadRound[]> {
  const all: OverloadRound[] = [];
  while (all.length < rounds) {
    await service.hold(1);
    await service.scaleBy(options.policy);
    const round = await overloadOnce(side, service, options);
    all.push(round);
    onRound(round);
  }
  return all;
}

async function overloadOnce(
  { signal }: RealSide,
  service: ScaledService,
  { shape, random, hops }: Pick<OverloadOptions, 'shape' | 'random' | 'hops'>,
): Promise<OverloadRound> {
  const load = new RealLoad({ port: service.port, host: service.host, random, signal });
  load.perSecond = capacityOf(shape) * CALM;
  try {
    await delay(CALM_MS, undefined, { signal });
    const known = new Set(load.firstAnswers.keys());
    hops.take();
    const [atMs, at] = [performance.now(), Date.now()];
    load.perSecond = capacityOf(shape) * OVERLOAD;
    const isNew = (instance: string): boolean => !known.has(instance);
    await service.until('a new instance to answer', () =>
      Promise.resolve([...load.firstAnswers.keys()].some(isNew)),
    );
    const answers = [...load.firstAnswers].flatMap(([instance, ms]) => (isNew(instance) ? [ms] : []));
    const [decision] = (await service.changesSince(at)).filter(({ from, to }) => to > from);
    return {
      decidedMs: (decision?.at ?? NaN) - at,
      servingMs: Math.min(...answers) - atMs,
      failed: load.failedInAll,
      hops: hops.take().map((hop) => ({ ...hop, at: hop.at - at })),
    };
  } finally {
    await load.stop();
  }
}
