import type { InstanceFigures, ServiceFigures } from '#libs/contracts';
import type { InstanceTraffic, ServiceTraffic } from './traffic.js';

/** What one gateway says, at one moment. */
export interface Heard {
  /** When it said so, in milliseconds since 1970, by the clock of this process. */
  readonly at: number;
  /** To be added to its times to have them by that clock. */
  readonly aheadMs: number;
  readonly services: readonly ServiceFigures[];
  readonly instances: readonly InstanceFigures[];
}

export interface Summed {
  readonly services: ReadonlyMap<string, ServiceTraffic>;
  readonly instances: ReadonlyMap<string, InstanceTraffic>;
}

interface Said<T> {
  readonly figures: T;
  readonly at: number;
  readonly aheadMs: number;
}

/** What all gateways say together. Rates and counts add up: each request comes to one gateway alone. */
export function summed(all: readonly Heard[]): Summed {
  const saidOf = <T extends { readonly name: string }>(of: (heard: Heard) => readonly T[]) =>
    Map.groupBy(
      all.flatMap((heard) =>
        of(heard).map((figures): Said<T> => ({ figures, at: heard.at, aheadMs: heard.aheadMs })),
      ),
      ({ figures }) => figures.name,
    );
  return {
    services: mapped(
      saidOf(({ services }) => services),
      serviceTraffic,
    ),
    instances: mapped(
      saidOf(({ instances }) => instances),
      instanceTraffic,
    ),
  };
}

const mapped = <T, R>(groups: ReadonlyMap<string, T[]>, of: (group: readonly T[]) => R): Map<string, R> =>
  new Map([...groups].map(([name, group]) => [name, of(group)]));

function serviceTraffic(said: readonly Said<ServiceFigures>[]): ServiceTraffic {
  const last = said.flatMap(({ figures: { lastRequestAt }, aheadMs }) =>
    lastRequestAt === undefined ? [] : [lastRequestAt + aheadMs],
  );
  return {
    ...common(said),
    waiting: sum(said, ({ queued = 0, held = 0 }) => queued + held),
    ...(last.length > 0 && { lastRequestAt: Math.max(...last) }),
  };
}

function instanceTraffic(said: readonly Said<InstanceFigures>[]): InstanceTraffic {
  const meanMs = meanOf(said, ({ meanMs: one }) => one);
  return { ...common(said), ...(meanMs !== undefined && { meanMs }) };
}

function common(said: readonly Said<ServiceFigures | InstanceFigures>[]) {
  const p95Ms = meanOf(said, ({ p95Ms: one }) => one);
  return {
    requestsPerSecond: sum(said, ({ requestsPerSecond = 0 }) => requestsPerSecond),
    errorsPerSecond: sum(said, ({ errorsPerSecond = 0 }) => errorsPerSecond),
    inFlight: sum(said, ({ inFlight = 0 }) => inFlight),
    at: Math.min(...said.map(({ at }) => at)),
    ...(p95Ms !== undefined && { p95Ms }),
  };
}

const sum = <T>(said: readonly Said<T>[], of: (figures: T) => number): number =>
  said.reduce((total, { figures }) => total + of(figures), 0);

/** A gateway that answered lately has a share however few requests it has now. */
const LEAST_SHARE = 0.1;

/**
 * By the requests of each gateway. A percentile of all cannot be had from percentiles; their mean lies between the least and
 * the highest of them, as the percentile of all does.
 */
function meanOf<T extends { readonly requestsPerSecond?: number }>(
  said: readonly Said<T>[],
  of: (figures: T) => number | undefined,
): number | undefined {
  let [total, shares] = [0, 0];
  for (const { figures } of said) {
    const value = of(figures);
    if (value === undefined) continue;
    const share = Math.max(LEAST_SHARE, figures.requestsPerSecond ?? 0);
    total += value * share;
    shares += share;
  }
  return shares === 0 ? undefined : total / shares;
}
