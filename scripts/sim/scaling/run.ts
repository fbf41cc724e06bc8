import { seeded } from '../placement/random.js';
import { flapsOf } from './flaps.js';
import type { Scaler } from './scalers.js';
import { capacityOf, SimulatedService, type ServiceShape } from './service.js';

export interface Load {
  readonly name: string;
  /** Requests of each second. */
  readonly perSecond: readonly number[];
}

export interface ScalingFigures {
  readonly load: string;
  readonly scaler: string;
  /** Seconds in which the load was above what `over` allows. */
  readonly secondsOver: number;
  readonly instanceSeconds: number;
  /** Changes that took back one of the other direction within two minutes. */
  readonly flaps: number;
  readonly changes: number;
  readonly most: number;
  readonly last: number;
  /** From the first second over to the first one after it that was not; undefined where there was none. */
  readonly firstReliefSeconds?: number;
}

interface Settings {
  readonly shape: ServiceShape;
  /** Utilisation that a second may have. */
  readonly over: number;
  readonly startCount?: number;
  readonly seed: number;
  readonly startAt?: number;
}

const AT = Date.parse('2026-01-05T00:00:00Z');

/** How many instances carry the first second of a load. */
export const fittingCount = ({ perSecond }: Load, shape: ServiceShape, over: number): number =>
  Math.max(1, Math.ceil((perSecond[0] ?? 0) / (capacityOf(shape) * over)));

/** One scaler with one load, a second at a time. Arrivals are drawn about the load, alike for all scalers. */
export function runScaler(
  { name, perSecond }: Load,
  scaler: Scaler,
  { shape, over, startCount, seed, startAt = AT }: Settings,
): ScalingFigures {
  const random = seeded(seed);
  const service = new SimulatedService(shape, startCount ?? fittingCount({ name, perSecond }, shape, over));
  const changes: { readonly at: number; readonly by: number }[] = [];
  let [secondsOver, most, firstOver, relief]: [number, number, number?, number?] = [0, service.wanted];
  perSecond.forEach((load, second) => {
    const now = startAt + second * 1_000;
    const seen = service.second(now, arrivals(load, random));
    const isOver = seen.utilisation > over || seen.backlog > 0;
    if (isOver) secondsOver += 1;
    if (isOver) firstOver ??= second;
    else if (firstOver !== undefined) relief ??= second - firstOver;
    if ((second * 1_000) % scaler.everyMs !== 0) return;
    const wanted = scaler.wanted(seen, service.wanted);
    if (wanted === service.wanted) return;
    changes.push({ at: now, by: wanted - service.wanted });
    service.scale(wanted, now);
    most = Math.max(most, wanted);
  });
  return {
    ...{ load: name, scaler: scaler.name, secondsOver, instanceSeconds: service.instanceSeconds },
    ...{ flaps: flapsOf(changes), changes: changes.length, most, last: service.wanted },
    ...(relief !== undefined && { firstReliefSeconds: relief }),
  };
}

/** Poisson, by its normal approximation (Box and Muller). */
function arrivals(mean: number, random: () => number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal));
}
