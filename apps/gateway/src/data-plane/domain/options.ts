import type { WantedService } from './wanted.js';

/** What the requests of a service get besides an instance. HAProxy has rules for it only where a service needs them. */
export type Rules = 'cache' | 'limits';

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

export function rulesOf(services: readonly Pick<WantedService, 'cache' | 'limits'>[]): readonly Rules[] {
  return [
    ...(services.some(({ cache }) => cache !== undefined) ? (['cache'] as const) : []),
    ...(services.some(({ limits }) => limits !== undefined) ? (['limits'] as const) : []),
  ];
}

/**
 * While instances change: answers of before and after may mix under this version alone, which nobody asks for later. With
 * no cache before or after there is nothing to mix.
 */
export function betweenOf(before: string, after: string): string | undefined {
  const [[old = ''], [version = '', ...rest]] = [before.split(':'), after.split(':')];
  if (old === '' || version === '' || old === version) return undefined;
  return [`${old}>${version}`, ...rest].join(':');
}
