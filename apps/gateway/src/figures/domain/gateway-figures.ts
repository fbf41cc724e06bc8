import type { FiguresRow, InstanceFigures, ServiceFigures } from '#libs/contracts';
import type { ServerFigures } from '../../data-plane/domain/server-figures.js';
import { type AnswersSeen, timesOf } from './answers-seen.js';
import { countedBetween } from './counted.js';

/** A service that is carried, and its instances with what HAProxy said of them last. */
export interface CarriedService {
  readonly id: string;
  readonly instances: readonly { readonly name: string; readonly last?: ServerFigures }[];
}

/** What is there at one moment. */
export interface Look {
  /** In milliseconds since 1970. */
  readonly now: number;
  readonly monotonicMs: number;
  readonly services: readonly CarriedService[];
  /** Requests that wait for one of many instances, or for any at all; by the ids of services. */
  readonly queued: ReadonlyMap<string, number>;
  readonly held: ReadonlyMap<string, number>;
  /** Undefined without a log. */
  readonly seen?: AnswersSeen;
}

/** What is kept between two looks. */
export interface Kept {
  readonly monotonicMs: number;
  readonly servers: ReadonlyMap<string, ServerFigures>;
  /** By the ids of services. */
  readonly lastRequestAt: ReadonlyMap<string, number>;
  /** Services that had requests in flight. */
  readonly busy: ReadonlySet<string>;
}

export const nothingKept = (monotonicMs: number): Kept => ({
  ...{ monotonicMs, servers: new Map(), lastRequestAt: new Map(), busy: new Set() },
});

interface Next {
  readonly figures: FiguresRow;
  readonly kept: Kept;
}

interface OneService {
  readonly service: ServiceFigures;
  readonly instances: readonly InstanceFigures[];
}

/** How all that is carried does, since the look before. */
export function figuresOf(kept: Kept, look: Look): Next {
  const all = look.services.map((service) => ofService(kept, look, service));
  const at = all.flatMap(({ service: { name, lastRequestAt } }) =>
    lastRequestAt === undefined ? [] : [[name, lastRequestAt] as const],
  );
  const busy = all.filter(({ service: { inFlight = 0 } }) => inFlight > 0).map(({ service }) => service.name);
  return {
    figures: {
      services: all.map(({ service }) => service),
      instances: all.flatMap(({ instances }) => instances),
    },
    kept: {
      monotonicMs: look.monotonicMs,
      servers: new Map(
        look.services.flatMap(({ instances }) =>
          instances.flatMap(({ name, last }) => (last === undefined ? [] : [[name, last] as const])),
        ),
      ),
      ...{ lastRequestAt: new Map(at), busy: new Set(busy) },
    },
  };
}

function ofService(kept: Kept, look: Look, { id, instances }: CarriedService): OneService {
  const perSecond = 1_000 / Math.max(1, look.monotonicMs - kept.monotonicMs);
  const seen = look.seen?.service(id);
  const each = instances.map(({ name, last }) => {
    const counted = last === undefined ? undefined : countedBetween(kept.servers.get(name), last);
    const ofLog = look.seen?.instance(name);
    const requests = Math.max(0, (counted?.requests ?? 0) - (ofLog?.probes ?? 0));
    return { name, last, requests, failed: counted?.failed ?? 0, times: ofLog?.times };
  });
  const sum = (of: (one: (typeof each)[number]) => number): number =>
    each.reduce((total, one) => total + of(one), 0);
  const requests = sum((one) => one.requests) + (seen?.unserved ?? 0);
  const inFlight = sum(({ last }) => last?.inFlight ?? 0);
  const queued = (look.queued.get(id) ?? 0) + sum(({ last }) => last?.queued ?? 0);
  const held = look.held.get(id) ?? 0;
  // A health check that is in flight just now is no request: so it has to be in flight at two looks.
  const isInUse = held > 0 || queued > 0 || (inFlight > 0 && kept.busy.has(id));
  const isAsked = look.seen === undefined ? requests > 0 : (seen?.isAsked ?? false);
  const lastRequestAt = isInUse || isAsked ? Math.round(look.now) : kept.lastRequestAt.get(id);
  const { p95Ms } = timesOf(seen?.times);
  return {
    service: said({
      name: id,
      requestsPerSecond: tenth(requests * perSecond),
      errorsPerSecond: tenth(
        (look.seen === undefined ? sum((one) => one.failed) : (seen?.failed ?? 0)) * perSecond,
      ),
      ...{ inFlight, queued, held, p95Ms, lastRequestAt },
    }),
    instances: each.map((one) =>
      said({
        name: one.name,
        requestsPerSecond: tenth(one.requests * perSecond),
        errorsPerSecond: tenth(one.failed * perSecond),
        inFlight: one.last?.inFlight ?? 0,
        ...timesOf(one.times),
      }),
    ),
  };
}

const tenth = (value: number): number => Math.round(value * 10) / 10;

/** What is 0 or not known is left out. */
const said = <T extends { readonly name: string }>(figures: T): T =>
  Object.fromEntries(
    Object.entries<unknown>({ ...figures }).filter(([, value]) => value !== undefined && value !== 0),
  ) as T;
