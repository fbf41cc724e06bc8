import type { HeldPlace } from '../../placement/domain/asked.js';
import { serviceKey } from '../../placement/domain/model.js';
import { hasVolumes } from '../../plans/domain/moves.js';

/** Why an instance is not moved. */
export type StaysFor =
  /** It runs where their data lies. */
  | 'volumes'
  /** `placement.rebalance` of its config.json is false. */
  | 'opted-out'
  /** An older version reserved its place: neither constraints nor volumes are known. */
  | 'unknown-rules'
  /** Its service is being deployed, scaled, repaired or moved, or does not run as it is wanted. */
  | 'in-change'
  /** It has not run for long enough, as one that has just been moved. */
  | 'young'
  /** A move of its service has just failed. */
  | 'paused';

/** An instance as the registry shows it. */
export interface ShownInstance {
  readonly appId: string;
  readonly service: string;
  readonly state: string;
  readonly release: string;
  readonly startedAtMs: number;
  /** It ends again and again. */
  readonly isCrashing: boolean;
}

/** A service as the registry shows it. */
export interface ShownService {
  readonly appId: string;
  readonly service: string;
  readonly running: number;
  readonly wanted: number | null;
  readonly wantedRelease: string | null;
}

interface ServiceFacts {
  readonly services: readonly ShownService[];
  readonly instances: readonly ShownInstance[];
  /** `serviceKey` of those of which an instance is being placed, waits for room, or is being moved. */
  readonly underWay: readonly string[];
}

/** `serviceKey` of the services that run as they are wanted, all of them, and of which nothing is under way. Pure. */
export function restingServices({ services, instances, underWay }: ServiceFacts): ReadonlySet<string> {
  const byService = Map.groupBy(instances, ({ appId, service }) => serviceKey(appId, service));
  const busy = new Set(underWay);
  return new Set(
    services.flatMap(({ appId, service, running, wanted, wantedRelease }) => {
      const key = serviceKey(appId, service);
      const shown = byService.get(key) ?? [];
      const rests =
        running === wanted &&
        shown.length === running &&
        shown.every(
          ({ state, release, isCrashing }) => state === 'running' && release === wantedRelease && !isCrashing,
        );
      return rests && !busy.has(key) ? [key] : [];
    }),
  );
}

export interface MovableFacts {
  readonly nowMs: number;
  readonly quietMs: number;
  readonly resting: ReadonlySet<string>;
  /** `serviceKey` of those of which a move has failed within the quiet time. */
  readonly paused: ReadonlySet<string>;
}

/** Why it stays where it is; undefined where it may be moved. Pure. */
export function whyItStays(
  held: HeldPlace,
  shown: ShownInstance | undefined,
  { nowMs, quietMs, resting, paused }: MovableFacts,
): StaysFor | undefined {
  const key = serviceKey(held.appId, held.service);
  if (held.asked === undefined) return 'unknown-rules';
  if (hasVolumes(held)) return 'volumes';
  if (held.asked.rebalance === false) return 'opted-out';
  if (shown === undefined || held.instance === undefined || !resting.has(key)) return 'in-change';
  if (nowMs - shown.startedAtMs < quietMs) return 'young';
  return paused.has(key) ? 'paused' : undefined;
}
