import { setTimeout as delay } from 'node:timers/promises';
import type { Load, ScalingFigures } from '../../sim/scaling/run.js';
import { capacityOf, type ServiceShape } from '../../sim/scaling/service.js';
import { flapsOf } from '../../sim/scaling/flaps.js';
import type { WrittenScalingPolicy } from '#libs/contracts';
import { RealLoad } from './real-load.js';
import type { ScaledService } from './scaled-service.js';

/** As of the simulator, and what only a real run shows. */
export interface RealFigures extends ScalingFigures {
  readonly sent: number;
  readonly failed: number;
  /** How often what went wrong. */
  readonly failures: readonly (readonly [why: string, count: number])[];
  /** Of the seconds: nineteen of twenty had no higher p95. */
  readonly p95Ms: number;
}

interface Settings {
  readonly shape: ServiceShape;
  readonly policy: WrittenScalingPolicy;
  /** Utilisation that a second may have. */
  readonly over: number;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const SECOND_MS = 1_000;
/** Before, and of the load of the first second. */
const WARM_MS = 10_000;
const WARM = 0.5;

/**
 * A load on a service that a policy scales, second by second, with the figures that the simulator gives: a second is over if
 * its requests are more than so much of what the running instances can carry, or if more came before than they could carry.
 */
export async function runReal(
  service: ScaledService,
  { name, perSecond }: Load,
  { shape, policy, over, random, signal }: Settings,
): Promise<RealFigures> {
  const load = new RealLoad({ port: service.port, host: service.host, random, signal });
  // What a request needs is known to the policy before it is measured, as with a service that has run for a while.
  load.perSecond = (perSecond[0] ?? 0) * WARM;
  await delay(WARM_MS, undefined, { signal });
  await service.scaleBy(policy);
  const { sent: warmed } = load;
  load.take();
  const beganAt = Date.now();
  const begunMs = performance.now();
  let [secondsOver, instanceSeconds, most, last, firstOver, relief]: [
    number,
    number,
    number,
    number,
    number?,
    number?,
  ] = [0, 0, 0, 0];
  let backlog = 0;
  const p95s: number[] = [];
  try {
    for (const [second, requests] of perSecond.entries()) {
      load.perSecond = requests;
      await delay(Math.max(0, begunMs + (second + 1) * SECOND_MS - performance.now()), undefined, { signal });
      const [{ sent, p95Ms }, { running, wanted }] = [load.take(), await service.counts()];
      const capacity = running * capacityOf(shape);
      backlog = Math.max(0, backlog + sent - capacity);
      const isOver = sent > capacity * over || backlog > 0;
      instanceSeconds += wanted;
      if (isOver) secondsOver += 1;
      if (isOver) firstOver ??= second;
      else if (firstOver !== undefined) relief ??= second - firstOver;
      [most, last] = [Math.max(most, wanted), wanted];
      if (p95Ms !== undefined) p95s.push(p95Ms);
    }
  } finally {
    await load.stop();
  }
  const changes = (await service.changesSince(beganAt)).map(({ at, from, to }) => ({ at, by: to - from }));
  return {
    ...{ load: name, scaler: 'real, concurrency', secondsOver, instanceSeconds },
    ...{ flaps: flapsOf(changes), changes: changes.length, most, last },
    ...(relief !== undefined && { firstReliefSeconds: relief }),
    ...{
      sent: load.sent - warmed,
      failed: load.failedInAll,
      failures: [...load.failures],
      p95Ms: shareOf(p95s, 0.95),
    },
  };
}

/** The value that so large a share is not above. */
export function shareOf(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? NaN;
}

export const medianOf = (values: readonly number[]): number => shareOf(values, 0.5);
