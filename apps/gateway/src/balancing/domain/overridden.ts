import type { Standing } from './standing.js';
import type { Watched } from './watched.js';

/** The weight that an operator has set for an instance. */
export interface Override {
  /** 0 to 256. */
  readonly weight: number;
  readonly untilMs?: number;
  /** With a weight of 0: it gets no new requests. */
  readonly isDrained: boolean;
}

/** What operators have set, by the names of instances. */
export type OverrideByName = ReadonlyMap<string, { readonly weight: number; readonly untilMs?: number }>;

interface Overridable {
  readonly name: string;
  readonly isWanted: boolean;
  readonly standing: Standing;
  readonly watched: Watched;
  readonly override?: Override;
}

/**
 * The instances of a service with what operators have set. A weight of 0 drains an instance only while another one of the
 * service can serve: a weight that somebody forgot must not take the service away.
 */
export function overridden<T extends Overridable>(
  all: readonly T[],
  overrides: OverrideByName,
): readonly T[] {
  if (!all.some(({ name, override }) => override !== undefined || overrides.has(name))) return all;
  const canServe = all.some(
    ({ name, isWanted, standing, watched }) =>
      isWanted &&
      standing.kind !== 'ejected' &&
      watched.last?.isUp !== false &&
      overrides.get(name)?.weight !== 0,
  );
  return all.map((one) => {
    const { override: _, ...before } = one;
    const set = overrides.get(one.name);
    if (set === undefined) return before as T;
    return { ...one, override: { ...set, isDrained: set.weight === 0 && canServe } };
  });
}
