import type { ServiceRoute, ServiceConfig, TrafficSettings } from '#libs/contracts';
import { textOf } from '../../services/domain/same-value.js';

/** How a service is reached at the gateway, beside its own address. */
export interface ReachedBy {
  /** What counts. */
  readonly routes: readonly ServiceRoute[];
  /** What config.json declared last. */
  readonly declared: readonly ServiceRoute[];
  /** Whose routes count: `api` until they are taken back, or config.json declares others. */
  readonly setBy: 'config.json' | 'api';
  readonly traffic: TrafficSettings;
}

/** The stored routes of a service. */
export interface ServiceRoutes extends ReachedBy {
  /** Rises with every change of what is published: the routes that count, and `traffic`. */
  readonly revision: number;
  /**
   * Of a deployment that is under way. Until its end the routes from before count as well: what it takes away is gone once
   * it has succeeded, and a failure leaves what was.
   */
  readonly pending?: Pending;
}

interface Pending {
  /** Of the request. */
  readonly token: string;
  readonly before: ReachedBy;
  readonly after: ReachedBy;
}

/** What config.json says of how a service is reached. */
export type Declared = Pick<ReachedBy, 'routes' | 'traffic'>;

const NONE: ReachedBy = { routes: [], declared: [], setBy: 'config.json', traffic: {} };

export const declaredIn = ({
  routes = [],
  traffic = {},
}: Pick<ServiceConfig, 'routes' | 'traffic'>): Declared => ({
  ...{ routes, traffic },
});

/** Whether a config.json says anything of it. */
export const declaresAny = ({ routes, traffic }: Pick<ServiceConfig, 'routes' | 'traffic'>): boolean =>
  routes !== undefined || traffic !== undefined;

/**
 * A deployment begins. What it declares counts only where it differs from what was declared last, as with every value that
 * config.json declares. Begun again, it is the same. Pure, as all of this file.
 */
export function begun(now: ServiceRoutes | undefined, declares: Declared, token: string): ServiceRoutes {
  const before = now?.pending?.before ?? reachedBy(now);
  const after = merged(before, declares);
  const known = new Set(before.routes.map(placeOf));
  const effective: ReachedBy = {
    ...before,
    routes: [...before.routes, ...after.routes.filter((route) => !known.has(placeOf(route)))],
    traffic: after.traffic,
  };
  return following(now, { ...effective, pending: { token, before, after } });
}

function merged(before: ReachedBy, { routes, traffic }: Declared): ReachedBy {
  const isSame = sameRoutes(routes, before.declared);
  return {
    ...(isSame ? { routes: before.routes, setBy: before.setBy } : { routes, setBy: 'config.json' as const }),
    ...{ declared: routes, traffic },
  };
}

/** That deployment has ended. Undefined where it is not the one that is under way: nothing changes. */
export function ended(
  now: ServiceRoutes | undefined,
  token: string,
  outcome: 'after' | 'before',
): ServiceRoutes | undefined {
  if (now?.pending?.token !== token) return undefined;
  return following(now, now.pending[outcome]);
}

/** Somebody sets routes: they stay, whatever the deployment that is under way declares. */
export function set(now: ServiceRoutes | undefined, routes: readonly ServiceRoute[]): ServiceRoutes {
  const given = (reached: ReachedBy): ReachedBy => ({ ...reached, routes, setBy: 'api' });
  return following(now, { ...given(reachedBy(now)), pending: mapped(now?.pending, given) });
}

/** What was set is taken back: what config.json declared last counts again. */
export function takenBack(now: ServiceRoutes | undefined): ServiceRoutes {
  const given = (reached: ReachedBy): ReachedBy => ({
    ...reached,
    ...{ routes: reached.declared, setBy: 'config.json' },
  });
  const pending = mapped(now?.pending, given);
  return pending === undefined
    ? following(now, given(reachedBy(now)))
    : begun({ ...pending.before, revision: now?.revision ?? 0 }, declaredOf(pending.after), pending.token);
}

const declaredOf = ({ declared, traffic }: ReachedBy): Declared => ({ routes: declared, traffic });

const mapped = (
  pending: Pending | undefined,
  given: (reached: ReachedBy) => ReachedBy,
): Pending | undefined =>
  pending && { ...pending, before: given(pending.before), after: given(pending.after) };

const reachedBy = ({ routes, declared, setBy, traffic }: ReachedBy = NONE): ReachedBy => ({
  ...{ routes, declared, setBy, traffic },
});

const following = (
  now: ServiceRoutes | undefined,
  { pending, ...reached }: ReachedBy & Pick<ServiceRoutes, 'pending'>,
): ServiceRoutes => ({
  ...reachedBy(reached),
  revision: (now?.revision ?? 0) + (isPublishedAlike(now, reached) ? 0 : 1),
  ...(pending !== undefined && { pending }),
});

/** Whether nothing that is published differs. */
export const isPublishedAlike = (a: ReachedBy | undefined, b: ReachedBy): boolean =>
  sameRoutes((a ?? NONE).routes, b.routes) && textOf((a ?? NONE).traffic) === textOf(b.traffic);

/** The places that belong to the service, each once. */
export function placesOf({ routes, pending }: ServiceRoutes): readonly Place[] {
  const all = [...routes, ...(pending?.before.routes ?? []), ...(pending?.after.routes ?? [])];
  return [...new Map(all.map(({ host, path }) => [placeOf({ host, path }), { host, path }])).values()];
}

export interface Place {
  readonly host: string;
  readonly path: string;
}

const placeOf = ({ host, path }: Place): string => `${host}${path}`;

/** In any order: the longest path counts, wherever it stands. */
export const sameRoutes = (a: readonly ServiceRoute[], b: readonly ServiceRoute[]): boolean =>
  a.length === b.length && textOf(a.map(textOf).toSorted()) === textOf(b.map(textOf).toSorted());
