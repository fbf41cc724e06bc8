import { type Profile, profiles } from './wanted.js';

/** Backends of one profile, all empty at first, and how many servers each can have. */
export interface Pool {
  readonly backends: number;
  readonly servers: number;
}

export type Pools = Readonly<Record<Profile, Pool>>;

/** What a pool must hold at least. */
export interface Need {
  readonly backends: number;
  readonly servers: number;
}

/**
 * Pools that hold what is needed: each size that is too small is doubled until it is enough, so that growing costs few
 * reloads. A pool never shrinks.
 */
export function grown(pools: Pools, needs: Readonly<Record<Profile, Need>>): Pools {
  const entries = profiles.map((profile) => [
    profile,
    {
      backends: doubled(pools[profile].backends, needs[profile].backends),
      servers: doubled(pools[profile].servers, needs[profile].servers),
    },
  ]);
  return Object.fromEntries(entries) as Record<Profile, Pool>;
}

function doubled(size: number, needed: number): number {
  let enough = Math.max(1, size);
  while (enough < needed) enough *= 2;
  return enough;
}

export const isSamePools = (a: Pools, b: Pools): boolean =>
  profiles.every((one) => a[one].backends === b[one].backends && a[one].servers === b[one].servers);
