import type { Side } from './sides.js';
import type { WantedRoute, WantedService } from './wanted.js';

/**
 * What requests get besides an instance: HAProxy has rules for it only once a service or a route needs them. `splits`: a
 * share goes to a canary. `bounds`: requests wait where instances have as many as they may. `rewrites`: a route changes a
 * request, or has a time limit.
 */
export type Rules = 'cache' | 'limits' | 'splits' | 'bounds' | 'rewrites';

const RATE_WINDOW_S = 10;

/** How many requests in the window in which HAProxy counts. */
export const rateOf = (requestsPerSecond: number): number => Math.ceil(requestsPerSecond * RATE_WINDOW_S);

/** The version of the cache, the rate and the size, as HAProxy's map has them; empty where the service has none of it. */
export function optionsOf({ cache, limits }: Pick<WantedService, 'cache' | 'limits'>): string {
  if (cache === undefined && limits === undefined) return '';
  const rate = limits?.requestsPerSecond;
  const version = cache === undefined ? '' : encodeURIComponent(cache.version);
  return [version, rate === undefined ? '' : rateOf(rate), limits?.bodyBytes ?? ''].join(':');
}

type Ruled = Pick<Side, 'cache' | 'limits' | 'percent' | 'bounds' | 'servers'>;

export function rulesOf(services: readonly Ruled[], routes: readonly WantedRoute[]): readonly Rules[] {
  const needs: Readonly<Record<Rules, boolean>> = {
    cache: services.some(({ cache }) => cache !== undefined),
    limits: services.some(({ limits }) => limits !== undefined),
    splits: services.some(({ percent }) => percent !== undefined),
    bounds: services.some(isBounded),
    rewrites: routes.some(isRewritten),
  };
  return (Object.keys(needs) as Rules[]).filter((one) => needs[one]);
}

const isBounded = ({ bounds, servers }: Ruled): boolean =>
  bounds !== undefined || servers.some(({ mostInFlight = 0 }) => mostInFlight > 0);

const isRewritten = ({ strip = false, headers, timeoutMs }: WantedRoute): boolean =>
  strip || headers !== undefined || timeoutMs !== undefined;

/**
 * While instances change: answers of before and after may mix under this version alone, which nobody asks for later. With
 * no cache before or after there is nothing to mix.
 */
export function betweenOf(before: string, after: string): string | undefined {
  const [[old = ''], [version = '', ...rest]] = [before.split(':'), after.split(':')];
  if (old === '' || version === '' || old === version) return undefined;
  return [`${old}>${version}`, ...rest].join(':');
}
